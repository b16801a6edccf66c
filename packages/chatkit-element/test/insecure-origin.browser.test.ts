// A page without https on a local network, where browsers leave out part of their platform.

import { describe, expect, test } from "vitest";

import { chatPage } from "./chat-page.ts";
import { isWithoutChromium } from "./chromium.ts";

describe.skipIf(isWithoutChromium)("on a page without https", () => {
  const it = chatPage({ browserArgs: ["--host-resolver-rules=MAP chat.lan 127.0.0.1"] });

  test("messages are sent and answered", async () => {
    const { page, server, say } = it;
    await page.goto(server.origin.replace("127.0.0.1", "chat.lan"));
    await page.waitForFunction(() => window.testPage.events.some(({ name }) => name === "ready"));
    expect(await page.evaluate(() => typeof Reflect.get(crypto, "randomUUID"))).toBe("undefined");
    await say("Hello");
    await page.locator(".answer", { hasText: "You said: Hello" }).waitFor();
    expect(await it.heard("error")).toEqual([]);
  });
});
