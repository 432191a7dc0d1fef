// The citizen comes back: reads the answer, rates it, and asks to look again. Reads besides VONG_CODE.

import { strict as assert } from "node:assert";
import { fitsTheWindow, tell, url } from "./desk.mjs";

await tell(async (sitDown) => {
  const citizen = await sitDown({
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
    colorScheme: "light",
  });
  const { page, shoot } = citizen;
  await page.goto(`${url}/portal`);
  await page.getByRole("button", { name: "Theo dõi phản ánh" }).click();
  await page.getByLabel("Mã theo dõi").fill(process.env.VONG_CODE.toLowerCase());
  await page.getByRole("button", { name: "Xem", exact: true }).click();
  await page.getByText("Đã dẹp hàng quán, trả lại vỉa hè").waitFor();
  const way = page.getByRole("list", { name: "Các bước" });
  assert.equal(await way.locator('[aria-current="step"]').innerText(), "Đã xử lý");
  await page.getByLabel("Ý kiến của bạn").fill("Hôm sau họ lại bày ra");
  await page.getByRole("button", { name: /Không hài lòng/ }).click();
  await page.getByText("Cảm ơn, đã ghi đánh giá của bạn.").waitFor();
  await page.getByText("Chưa xong? Yêu cầu xem lại").click();
  await page.getByLabel("Lý do mở lại").selectOption({ label: "Tái diễn" });
  await page.getByLabel("Còn gì chưa được").fill("Hàng quán đã quay lại");
  await fitsTheWindow(page, "the answer");
  await shoot("portal-answer-vi", { fullPage: true });
  await page.getByRole("button", { name: "Mở lại phản ánh" }).click();
  await way.getByText("Đã mở lại").waitFor();
  await shoot("portal-reopened-vi", { fullPage: true });
  return {};
});
