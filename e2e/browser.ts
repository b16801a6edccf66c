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

/** It beeps once a second, and nobody has to allow it. */
const microphone = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

export interface BrowserWishes {
  /** Of hosts that are all on this machine. */
  readonly names?: readonly string[];
  readonly hasMicrophone?: boolean;
}

export function launchBrowser({ names = [], hasMicrophone = false }: BrowserWishes = {}): Promise<Browser> {
  const rules = names.map((name) => `MAP ${name} 127.0.0.1`).join(", ");
  const args = [
    ...flags,
    ...(names.length === 0 ? [] : [`--host-resolver-rules=${rules}`]),
    ...(hasMicrophone ? microphone : []),
  ];
  return chromium.launch({ executablePath: chromiumPath, headless: true, args });
}
