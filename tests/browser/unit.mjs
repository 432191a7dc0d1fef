// A day of the centre and of a unit: a phone call is taken in, found eligible and confirmed; the rules route it; the
// unit takes it, works and answers; its leader approves; the centre publishes. Then the pages beside the queue.
// Reads besides VONG_PASSWORD. Prints the incident.

import { strict as assert } from "node:assert";
import { logIn, tell, until, url } from "./desk.mjs";

const { VONG_PASSWORD } = process.env;
const button = (page, name) => page.getByRole("button", { name, exact: true });
const state = (page, text) => page.getByRole("article").getByText(text).first().waitFor();

await tell(async (sitDown) => {
  const operator = await sitDown();
  await logIn(operator, "truc-ban", VONG_PASSWORD, "/entry");
  const incident = await takeTheCall(operator);
  await decide(operator);
  const handler = await sitDown({ viewport: { width: 1366, height: 768 } });
  await logIn(handler, "can-bo", VONG_PASSWORD);
  await work(handler, incident);
  const leader = await sitDown({ viewport: { width: 1366, height: 768 } });
  await logIn(leader, "lanh-dao", VONG_PASSWORD, `/incidents/${incident}?filter=toApprove`);
  await button(leader.page, "Duyệt").waitFor();
  // What is approved is read first.
  const file = leader.page.getByRole("region", { name: "Hồ sơ xử lý" });
  await file.getByText("Đã dẹp hàng quán, trả lại vỉa hè").waitFor();
  await leader.shoot("unit-leader");
  await leader.page.keyboard.press("1");
  await state(leader.page, "Kết quả đã duyệt");
  await publish(operator);
  await manyAtOnce(operator);
  await look(await sitDown({ viewport: { width: 1366, height: 768 } }));
  return { incident };
});

async function takeTheCall({ page, shoot }) {
  await page.getByLabel("Loại phản ánh").selectOption({ label: "Lấn chiếm vỉa hè, lòng đường" });
  await page.getByLabel("Nội dung").fill("Bà con gọi: hàng quán chiếm hết vỉa hè");
  await page.getByLabel("Tọa độ").fill("16.5, 107.5");
  await page.getByRole("checkbox", { name: /người phản ánh/ }).waitFor();
  await page.getByLabel("Số điện thoại").fill("0905 222 333");
  await shoot("entry");
  // It is another stall than the one that was reported: it opens an incident of its own.
  await page.getByLabel("Tọa độ").fill("16.52, 107.52");
  await page.getByRole("checkbox", { name: /người phản ánh/ }).waitFor({ state: "detached" });
  await button(page, "Ghi nhận phản ánh").click();
  await page.getByTestId("code").waitFor();
  await shoot("entry-taken");
  await page.getByRole("link", { name: "Mở sự cố" }).click();
  await page.getByRole("article").waitFor();
  return new URL(page.url()).pathname.split("/").pop();
}

async function decide({ page, shoot }) {
  const citizens = page.getByRole("region", { name: /Người dân phản ánh/ });
  await citizens.getByText(/bí danh/).waitFor();
  assert.equal(await citizens.getByText("0905 222 333").count(), 0);
  await button(citizens, "Xem liên hệ").click();
  await citizens.getByLabel(/Để làm gì/).selectOption({ label: "xem xét sự cố" });
  await button(citizens, "Xem").click();
  await citizens.getByText(/905222333/).waitFor();
  await shoot("incident-of-a-citizen");
  // Nothing is confirmed before somebody found it eligible.
  await button(page, "Đủ điều kiện").waitFor();
  assert.ok(await button(page, "Xác nhận").isDisabled());
  await page.keyboard.press("r");
  await state(page, "Đủ điều kiện");
  await until(page, "it can be confirmed", () => button(page, "Xác nhận").isEnabled());
  await page.keyboard.press("c");
  await state(page, "Đã chuyển đơn vị");
  await page.getByRole("region", { name: "Hồ sơ xử lý" }).getByText("Đội trật tự đô thị").waitFor();
  await shoot("incident-routed");
}

async function work({ page, shoot }, incident) {
  const row = page.locator(`[data-incident="${incident}"]`);
  await row.waitFor();
  assert.equal(await page.getByRole("link", { name: "Nhập phản ánh" }).count(), 0);
  await shoot("unit-inbox");
  await row.getByRole("link").click();
  // A unit sees a pseudonym, and neither contact nor faces.
  await page.getByText(/bí danh/).waitFor();
  assert.equal(await button(page, "Xem liên hệ").count(), 0);
  await button(page, "Nhận việc").waitFor();
  await shoot("unit-incident");
  await page.keyboard.press("1");
  await state(page, "Đơn vị đã nhận");
  await button(page, "Bắt đầu xử lý").click();
  await state(page, "Đang xử lý");
  await button(page, "Trả kết quả").click();
  const form = page.getByRole("form", { name: "Trả kết quả" });
  await form.getByLabel("Ghi rõ").fill("Đã dẹp hàng quán, trả lại vỉa hè");
  await shoot("unit-answer");
  await page.keyboard.press("Enter");
  await state(page, "Đã có kết quả");
}

async function publish({ page }) {
  await button(page, "Công khai").waitFor();
  await page.keyboard.press("r");
  await page.getByRole("form", { name: "Công khai" }).waitFor();
  await page.keyboard.press("Enter");
  await state(page, "Đã công khai");
}

async function manyAtOnce({ page, shoot }) {
  await page.goto(`${url}/?filter=new`);
  await page.getByRole("list", { name: "Danh sách sự cố" }).waitFor();
  await page.keyboard.press("x");
  const many = page.getByRole("region", { name: "Làm nhiều sự cố một lần" });
  await button(many, "Chọn tất cả đang hiện").click();
  await shoot("queue-marking");
  await button(many, "Tạm gác").click();
  await many.getByLabel("Ghi rõ").fill("đợi đội tuần tra");
  await page.keyboard.press("Enter");
  await many.getByText("Đã làm 1.").waitFor();
  await page.goto(`${url}/?filter=shelved`);
  await page.locator("[data-incident]").first().waitFor();
}

/** The pages that an administrator has, as they are. */
async function look(administrator) {
  const { page, shoot } = administrator;
  await logIn(administrator, "operator", VONG_PASSWORD, "/policy");
  await page.getByRole("row", { name: /vỉa hè/ }).waitFor();
  await page.getByLabel("Thử trên sự cố").fill("7");
  await button(page, "Thử").click();
  await page.getByText(/Đã xem \d+ sự cố/).waitFor();
  await shoot("policy-rules");
  for (const part of ["Đơn vị", "Thời hạn, lịch làm việc", "Địa bàn"]) {
    await button(page, part).click();
    await shoot(`policy-${part === "Đơn vị" ? "units" : part === "Địa bàn" ? "areas" : "deadlines"}`);
  }
  await page.getByRole("link", { name: "Quá hạn" }).click();
  await page.getByText("Không có sự cố nào quá hạn.").waitFor();
  await shoot("overdue-none");
}
