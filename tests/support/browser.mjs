// Drives a real Chromium for tests: one JSON command a line on stdin, one JSON answer a line.
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const SETTLED = "#verdict[data-verdict]:not([data-verdict=working])";
const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: QUIET,
  chromiumSandbox: false,
});
let context, page, requests, complaints;

const commands = {
  async open({ url, language, width = 360, media = "screen", colours = "light", settled = SETTLED }) {
    await context?.close();
    context = await browser.newContext({ locale: language, viewport: { width, height: 740 } });
    page = await context.newPage();
    await page.emulateMedia({ media, colorScheme: colours });
    requests = [];
    complaints = [];
    page.on("request", async (request) => {
      const seen = { method: request.method(), url: request.url(), body: request.postData() ?? "" };
      requests.push(seen);
      seen.headers = await request.allHeaders().catch(() => request.headers());
    });
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(url);
    await page.waitForSelector(settled, { timeout: 20_000 });
  },
  async click({ selector }) {
    await page.click(selector);
    await page.waitForSelector(SETTLED);
  },
  async press({ keys }) {
    for (const key of keys) await page.keyboard.press(key);
  },
  async speak({ language }) {
    await page.selectOption("#language", language);
  },
  async choose({ paths }) {
    await page.setInputFiles("#files", paths);
    await page.waitForSelector(SETTLED);
  },
  async drop({ files }) {
    await page.evaluate((dropped) => {
      const dataTransfer = new DataTransfer();
      for (const [name, text] of dropped) dataTransfer.items.add(new File([text], name));
      window.dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
    }, files);
    await page.waitForSelector(SETTLED);
  },
  async evaluate({ script }) {
    return page.evaluate(script);
  },
  async complaints() {
    return complaints;
  },
  async await({ verdict }) {
    await page.waitForSelector(`#verdict[data-verdict=${verdict}]`);
  },
  async screenshot({ path }) {
    await page.screenshot({ path, fullPage: true });
  },
  async look() {
    const seen = await page.evaluate(() => ({
      verdict: document.getElementById("verdict").dataset.verdict,
      heading: document.querySelector("h1").textContent,
      status: document.getElementById("verdict").innerText,
      text: document.body.innerText,
      language: document.documentElement.lang,
      title: document.title,
      width: document.documentElement.scrollWidth,
    }));
    return { ...seen, requests, complaints };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...given } = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await commands[command](given)) ?? null };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
