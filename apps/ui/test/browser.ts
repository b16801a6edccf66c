// The system's Chromium. Without one the tests are skipped where people see it, and fail where they must have run.

import { existsSync } from "node:fs";

import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from "playwright-core";

const executablePath = "/usr/bin/chromium";
const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** False where Chromium is missing, which is an error in CI. */
export function hasBrowser(): boolean {
  if (existsSync(executablePath)) return true;
  if (process.env["CI"] === "true")
    throw new Error(`${executablePath} is missing, and CI has to run these tests.`);
  return false;
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args: flags });
}

export interface OpenPage extends AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Refusals of the policy, uncaught errors and errors on the console. */
  readonly complaints: readonly string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(url);
  return { context, page, complaints, [Symbol.asyncDispose]: () => context.close() };
}
