// What every person's browser in the tests has: a window, patience, a camera of its own, and no complaints.
// Reads VONG_URL, VONG_SCREENSHOTS and VONG_CHROMIUM.

import { strict as assert } from "node:assert";
import { join } from "node:path";
import { chromium } from "playwright-core";

const { VONG_URL, VONG_SCREENSHOTS, VONG_CHROMIUM } = process.env;
const PATIENCE = 60_000;

export const url = VONG_URL;

export function launch() {
  return chromium.launch({
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
}

/** A person's own window: cookies, language and size are theirs. */
export async function sitDown(browser, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1920, height: 1080 },
    locale: "vi-VN",
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const complaints = [];
  page.on("console", (message) => {
    // Nobody is logged in yet, and a refused form is told as one: the browser reports both.
    const expected = /status of (401|422)/.test(message.text());
    if (message.type() === "error" && !expected) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return {
    page,
    shoot: (name, more = {}) =>
      page.screenshot({ path: join(VONG_SCREENSHOTS, `${name}.png`), ...more }),
    silent: () => assert.deepEqual(complaints, [], "the browser's console stays silent"),
    complaints,
  };
}

export async function logIn({ page }, username, password, path = "/") {
  await page.goto(`${VONG_URL}${path}`);
  await page.getByRole("textbox", { name: "Tên đăng nhập" }).fill(username);
  await page.getByLabel("Mật khẩu").fill(password);
  await page.getByRole("button", { name: "Đăng nhập", exact: true }).click();
  await page.getByRole("button", { name: "Đăng xuất" }).waitFor();
}

export async function until(page, what, state) {
  const deadline = Date.now() + PATIENCE;
  while (!(await state())) {
    assert.ok(Date.now() < deadline, `waited in vain: ${what}`);
    await page.waitForTimeout(50);
  }
}

/** Nothing is cut off at the right: what is wider than the window cannot be read on a telephone. */
export async function fitsTheWindow(page, where) {
  const [wide, room] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert.ok(wide <= room, `${where} is ${wide} px wide in a window of ${room} px`);
}

/** Runs a story; what went wrong is told with a picture of every window. */
export async function tell(story) {
  const browser = await launch();
  const people = [];
  try {
    const told = await story(async (options) => {
      const person = await sitDown(browser, options);
      people.push(person);
      return person;
    });
    for (const person of people) person.silent();
    console.log(JSON.stringify(told));
  } catch (error) {
    for (const [index, person] of people.entries()) {
      await person.shoot(`failure-${index}`).catch(() => undefined);
    }
    const complaints = people.flatMap((person) => person.complaints);
    console.error(`${error.stack ?? error}\nbrowser consoles: ${JSON.stringify(complaints)}`);
    process.exitCode = 1;
  } finally {
    await browser.close();
  }
}
