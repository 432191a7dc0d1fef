// An operator's first minutes, by a real browser: log in, watch the queue fill, look at the evidence,
// confirm one incident with the mouse, reject another with the keyboard.
//
// Reads VONG_URL, VONG_USERNAME, VONG_PASSWORD, VONG_SCREENSHOTS and VONG_CHROMIUM. Prints one line
// of JSON: which incident was confirmed, which was rejected. Handles: ingest-server/console/README.md.

import { strict as assert } from "node:assert";
import { join } from "node:path";
import { chromium } from "playwright-core";

const { VONG_URL, VONG_USERNAME, VONG_PASSWORD, VONG_SCREENSHOTS, VONG_CHROMIUM } = process.env;
const PATIENCE = 60_000;

const browser = await chromium.launch({
  executablePath: VONG_CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
const page = await browser.newPage({ viewport: { width: 1600, height: 900 } });
page.setDefaultTimeout(PATIENCE);

const complaints = [];
page.on("console", (message) => {
  // The log-in page asks who is logged in, and is told: nobody; a wish that will not do is told as such.
  const { url } = message.location();
  const expected = url.endsWith("/api/v1/session") || url.endsWith("/desired");
  if (message.type() === "error" && !expected) complaints.push(message.text());
});
page.on("pageerror", (error) => complaints.push(String(error)));

try {
  await logIn();
  const first = await watchTheQueueFill();
  await lookAt(first);
  await confirm();
  const second = await rejectByKeyboard(first);
  await showCameras();
  await askTheCamera();
  assert.deepEqual(complaints, [], "the browser's console stays silent");
  console.log(JSON.stringify({ confirmed: first, rejected: second }));
} catch (error) {
  await shoot("failure");
  console.error(`${error.stack ?? error}\nbrowser console: ${JSON.stringify(complaints)}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}

function shoot(name, more = {}) {
  return page.screenshot({ path: join(VONG_SCREENSHOTS, `${name}.png`), ...more });
}

function rows() {
  return page.getByRole("list", { name: "Danh sách sự cố" }).locator("[data-incident]");
}

function incidentOf(row) {
  return row.getAttribute("data-incident");
}

async function logIn() {
  await page.goto(VONG_URL);
  await shoot("log-in");
  await page.getByRole("textbox", { name: "Tên đăng nhập" }).fill(VONG_USERNAME);
  await page.getByLabel("Mật khẩu").fill(VONG_PASSWORD);
  await page.getByRole("button", { name: "Đăng nhập", exact: true }).click();
  await page.getByRole("button", { name: "Đăng xuất" }).waitFor();
}

// A mark on the window is gone after a reload: it must still be there when the incident has come.
async function watchTheQueueFill() {
  await page.evaluate(() => {
    window.notReloaded = true;
  });
  await page.getByText("Đang nhận trực tiếp").waitFor();
  await shoot("queue-empty");
  await rows().first().waitFor();
  assert.ok(await page.evaluate(() => window.notReloaded), "the queue fills without reload");
  await shoot("queue");
  return incidentOf(rows().first());
}

async function lookAt(id) {
  await page.locator(`[data-incident="${id}"]`).getByRole("link").click();
  await page.waitForURL(`**/incidents/${id}`);
  await page.getByRole("article", { name: /Sự cố số \d+/ }).waitFor();
  const stage = page.getByRole("region", { name: "Bằng chứng" });
  for (const [choice, picture] of [
    ["Ảnh có khung", /Ảnh có khung nhận diện của sự cố/],
    ["Ảnh gốc", /Ảnh gốc của sự cố/],
  ]) {
    await stage.getByRole("button", { name: choice, exact: true }).click();
    const still = stage.getByRole("img", { name: picture });
    await still.waitFor();
    await until(`${choice} is loaded`, () => still.evaluate((img) => img.naturalWidth > 0));
    await shoot(choice === "Ảnh gốc" ? "incident-still" : "incident-overlay");
  }
  await stage.getByRole("button", { name: "Đoạn phim", exact: true }).click();
  const clip = stage.getByLabel(/Đoạn phim của sự cố số \d+/);
  await clip.waitFor();
  const time = () => clip.evaluate((video) => video.currentTime);
  await until("the clip plays", async () => (await time()) > 0.2);
  const before = await time();
  await until("the clip goes on", async () => (await time()) !== before);
  assert.equal(await clip.evaluate((video) => video.error), null);
  await page.getByRole("region", { name: "Bản đồ vị trí sự cố" }).waitFor();
  await shoot("incident-clip");
}

async function confirm() {
  const decision = page.getByRole("region", { name: "Quyết định" });
  await decision.getByRole("button", { name: "Xác nhận", exact: true }).click();
  await page.getByRole("article").getByText("Đã xác nhận").first().waitFor();
  await shoot("incident-confirmed");
}

async function rejectByKeyboard(other) {
  await page.goto(`${VONG_URL}/?filter=new`);
  await until("another new incident", async () => {
    await page.keyboard.press("n");
    return (await newIncidents(other)).length > 0;
  });
  await page.keyboard.press("j");
  await page.waitForURL("**/incidents/**");
  const id = new URL(page.url()).pathname.split("/").pop();
  assert.notEqual(id, other);
  await page.getByRole("article").waitFor();
  await page.keyboard.press("f");
  await page.getByRole("form", { name: "Vì sao loại sự cố này?" }).waitFor();
  await page.keyboard.press("1");
  await shoot("incident-rejecting");
  await page.keyboard.press("Enter");
  await page.getByRole("article").getByText("Đã loại").first().waitFor();
  await shoot("incident-rejected");
  return id;
}

async function newIncidents(other) {
  const ids = await Promise.all((await rows().all()).map(incidentOf));
  return ids.filter((id) => id !== other);
}

async function showCameras() {
  await page.getByRole("link", { name: "Camera", exact: true }).click();
  await page.getByRole("table").getByRole("row").nth(1).waitFor();
  await shoot("cameras");
}

// The camera is asked for a picture of now, and answers; it is muted, and its agent says that it took that up.
async function askTheCamera() {
  await page.getByRole("table").getByRole("row").nth(1).getByRole("link").click();
  await page.getByRole("button", { name: "Chụp ảnh ngay", exact: true }).click();
  const answers = page.getByRole("list", { name: "Lệnh và trả lời" });
  const picture = answers.getByRole("img").first();
  await picture.waitFor();
  await until("the snapshot is loaded", () => picture.evaluate((img) => img.naturalWidth > 0));
  const text = page.getByLabel("Vùng, mặt nạ, ngưỡng");
  await text.fill('{"rules": [{"rule": "illegal_parking"}]}');
  const save = page.getByRole("button", { name: "Lưu và gửi cho trạm" });
  await save.click();
  // The server names the field that is missing, and nothing is sent.
  await page.getByText(/cameras\.cam-1\.rules/).waitFor();
  await text.fill('{"enabled": true}');
  await save.click();
  await page.getByText("Trạm đã áp dụng phiên bản 1.").waitFor();
  await shoot("camera", { fullPage: true });
}

async function until(what, state) {
  const deadline = Date.now() + PATIENCE;
  while (!(await state())) {
    assert.ok(Date.now() < deadline, `waited in vain: ${what}`);
    await page.waitForTimeout(100);
  }
}
