// A citizen with a telephone: reports with a picture, a place and a contact, joins what others reported, gets a code
// and follows it. Prints the code.

import { strict as assert } from "node:assert";
import { fitsTheWindow, tell, url } from "./desk.mjs";

const PHONE = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
  colorScheme: "light",
  geolocation: { latitude: 16.5, longitude: 107.5, accuracy: 12 },
  permissions: ["geolocation"],
};

await tell(async (sitDown) => {
  const citizen = await sitDown(PHONE);
  const { page, shoot } = citizen;
  await page.goto(`${url}/portal`);
  await page.getByRole("option", { name: "Lấn chiếm vỉa hè, lòng đường" }).waitFor({ state: "attached" });
  await fitsTheWindow(page, "the form");
  await shoot("portal-form-vi", { fullPage: true });

  // Nothing filled in: every field at fault is named, and the first of them has the focus.
  const send = page.getByRole("main").getByRole("button", { name: "Gửi phản ánh", exact: true });
  await send.click();
  await page.getByText("Hãy dùng vị trí của bạn hoặc ghi địa chỉ.").waitFor();
  const focused = await page.evaluate(() => document.activeElement?.getAttribute("name"));
  assert.equal(focused, "service");
  await fitsTheWindow(page, "the refused form");
  await shoot("portal-refused-vi", { fullPage: true });

  await page.getByLabel("Loại phản ánh").selectOption({ label: "Lấn chiếm vỉa hè, lòng đường" });
  await page.getByRole("checkbox", { name: "Hàng quán" }).check();
  await page.getByRole("button", { name: "Dùng vị trí của tôi" }).click();
  await page.getByText(/Đã có vị trí/).waitFor();
  const near = page.getByRole("checkbox", { name: /người phản ánh/ });
  await near.waitFor();
  await near.check();
  await page.getByLabel("Nội dung").fill("Hàng quán lấn hết vỉa hè, phải đi xuống lòng đường");
  const picture = await page.screenshot({ type: "jpeg", quality: 60 });
  await page.locator('input[type="file"]').setInputFiles([
    { name: "via-he.jpg", mimeType: "image/jpeg", buffer: picture },
  ]);
  await page.getByAltText("via-he.jpg").waitFor();
  await page.getByLabel("Họ tên").fill("Nguyễn Thị Lan");
  await page.getByLabel("Số điện thoại").fill("0905 123 456");
  await fitsTheWindow(page, "the filled form");
  await shoot("portal-filled-vi", { fullPage: true });
  await send.click();

  await page.getByRole("heading", { name: /Đã tiếp nhận phản ánh số/ }).waitFor();
  await page.getByText(/gộp vào cùng vụ việc/).waitFor();
  const code = (await page.getByTestId("code").textContent()).trim();
  await shoot("portal-thanks-vi", { fullPage: true });
  await page.getByRole("main").getByRole("button", { name: "Theo dõi phản ánh" }).click();
  await page.getByRole("heading", { name: /Phản ánh số .*Lấn chiếm/ }).waitFor();
  const way = page.getByRole("list", { name: "Các bước" });
  assert.equal(await way.locator('[aria-current="step"]').innerText(), "Đã tiếp nhận");
  await page.getByText("2 người phản ánh việc này").waitFor();
  await page.getByAltText("Ảnh bạn gửi").waitFor();
  assert.equal(new URL(page.url()).hash, `#${code}`);
  await fitsTheWindow(page, "a followed report");
  await shoot("portal-followed-vi", { fullPage: true });

  // The same in English at a desk, by the address alone; and in the dark.
  const other = await sitDown({ viewport: { width: 1366, height: 768 }, colorScheme: "light" });
  await other.page.addInitScript(() => localStorage.setItem("vong.language", "en"));
  await other.page.goto(`${url}/portal#${code}`);
  await other.page.getByRole("heading", { name: /Report .*Pavement/ }).waitFor();
  await other.shoot("portal-followed-en", { fullPage: true });
  await other.page.getByRole("button", { name: "Report", exact: true }).click();
  await other.page.getByLabel("Kind of report").selectOption({ label: "Illegal parking" });
  await other.shoot("portal-form-en", { fullPage: true });
  await other.page.emulateMedia({ colorScheme: "dark" });
  await other.shoot("portal-form-en-dark", { fullPage: true });
  return { code };
});
