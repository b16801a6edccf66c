// The system's Chromium for tests: skipped visibly where it is missing, required in CI.

import { existsSync } from "node:fs";

import { chromium, type Browser } from "playwright-core";

export const chromiumPath = "/usr/bin/chromium";
export const hasChromium = existsSync(chromiumPath);

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** `names` are those of hosts that are all on this machine. */
export function launchBrowser({ names = [] }: { names?: readonly string[] } = {}): Promise<Browser> {
  const rules = names.map((name) => `MAP ${name} 127.0.0.1`).join(", ");
  const args = names.length === 0 ? flags : [...flags, `--host-resolver-rules=${rules}`];
  return chromium.launch({ executablePath: chromiumPath, headless: true, args });
}
