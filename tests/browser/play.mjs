// Plays one clip in a browser that nobody drives: a page of our own shows it, seeks in it, looks at a
// picture of it, and posts what it saw. Works with any browser that takes an address on its command line.
//
// Reads VONG_CLIP (a file), VONG_BROWSER (a program) and VONG_ENGINE (`firefox`, `chromium`). Prints one line of JSON: duration, width,
// height, start, played, seeked, light, error.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { VONG_CLIP, VONG_BROWSER, VONG_ENGINE } = process.env;
const PATIENCE = 90_000;

/** Runs in the browser. */
async function watch() {
  const video = document.querySelector("video");
  const saw = { error: null };
  const once = (name) =>
    new Promise((done, fail) => {
      video.addEventListener(name, done, { once: true });
      video.addEventListener("error", () => fail(new Error(video.error?.message)), { once: true });
    });
  const until = (state) =>
    new Promise((done) => {
      const look = () => (state() ? done() : setTimeout(look, 20));
      look();
    });
  try {
    const loaded = once("loadeddata");
    video.src = "/clip";
    await loaded;
    Object.assign(saw, { duration: video.duration, start: video.currentTime });
    Object.assign(saw, { width: video.videoWidth, height: video.videoHeight });
    await video.play();
    await until(() => video.currentTime > 0.5);
    saw.played = video.currentTime;
    video.pause();
    const sought = once("seeked");
    video.currentTime = video.duration * 0.7;
    await sought;
    saw.seeked = video.currentTime;
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    const context = canvas.getContext("2d");
    context.drawImage(video, 0, 0);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
    // Alpha is full everywhere; what is above it is light that came from the clip.
    saw.light = pixels.reduce((sum, level, index) => sum + (index % 4 === 3 ? 0 : level), 0);
  } catch (error) {
    saw.error = String(error);
  }
  await fetch("/saw", { method: "POST", body: JSON.stringify(saw) });
}

const page = `<!doctype html><video muted playsinline></video><script>(${watch})()</script>`;
const clip = readFileSync(VONG_CLIP);
const profile = mkdtempSync(join(tmpdir(), "vong-browser-"));
const headless = {
  firefox: ["--headless", "--no-remote", "--profile", profile],
  chromium: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
    // Without it the browser ends when the page is loaded.
    "--remote-debugging-port=0",
    `--user-data-dir=${profile}`,
  ],
};
let browser;

function end(line, status) {
  process.stdout.write(`${line}\n`);
  browser?.kill();
  browser?.once("exit", () => {
    rmSync(profile, { recursive: true, force: true });
    process.exit(status);
  });
}

const server = createServer((request, response) => {
  if (request.url === "/saw") {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      response.end();
      end(body, 0);
    });
  } else if (request.url === "/clip") {
    const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "");
    const from = Number(range?.[1] ?? 0);
    const to = range?.[2] ? Number(range[2]) : clip.length - 1;
    response.writeHead(range ? 206 : 200, {
      "content-type": "video/mp4",
      "accept-ranges": "bytes",
      ...(range && { "content-range": `bytes ${from}-${to}/${clip.length}` }),
    });
    response.end(clip.subarray(from, to + 1));
  } else {
    response.writeHead(request.url === "/" ? 200 : 404, { "content-type": "text/html" });
    response.end(request.url === "/" ? page : "");
  }
});

server.listen(0, "127.0.0.1", () => {
  const address = `http://127.0.0.1:${server.address().port}/`;
  browser = spawn(VONG_BROWSER, [...headless[VONG_ENGINE], address], { stdio: "ignore" });
  browser.on("error", (error) => end(JSON.stringify({ error: String(error) }), 1));
  setTimeout(() => end(JSON.stringify({ error: "the browser said nothing in time" }), 1), PATIENCE);
});
