// Chromium of the system. A machine without one skips these tests and says so; in CI it has to be there.

import { existsSync } from "node:fs";

import { type Browser, chromium } from "playwright-core";

const candidates = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const wanted = process.env["TEST_CHROMIUM"];

export const chromiumPath =
  (wanted === undefined ? candidates : [wanted]).find((path) => existsSync(path)) ?? null;

/** True when the browser tests are to be skipped, which is never the case in CI. */
export const isWithoutChromium = chromiumPath === null && process.env["CI"] !== "true";

export async function openChromium(more: readonly string[] = []): Promise<Browser> {
  if (chromiumPath === null) throw new Error("Chromium is not installed, and CI requires it.");
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...more,
    ],
  });
}
