// Web fonts that the page names: loaded when needed, shared, removed with the last element that uses them.

import { describe, expect, test } from "vitest";

import { chatPage } from "./chat-page.ts";
import { isWithoutChromium } from "./chromium.ts";
import { strictPolicy } from "./scripted-server.ts";

const theme = (...sources: object[]) => ({
  theme: { typography: { fontFamily: '"Test Sans", sans-serif', fontSources: sources } },
});
const sans = { family: "Test Sans", src: "/fonts/sans.woff2", weight: 400, display: "swap" };

describe.skipIf(isWithoutChromium)("font sources in Chromium", { timeout: 30_000 }, () => {
  const chat = chatPage({ context: { bypassCSP: true } });
  const fontsOf = () =>
    chat.page.evaluate(() =>
      [...document.fonts].map(({ family, weight, display }) => `${family} ${weight} ${display}`),
    );

  test("the font is asked for where letters need it, and goes with the last element", async () => {
    const asked: string[] = [];
    await chat.page.route("**/fonts/**", (route) => {
      asked.push(new URL(route.request().url()).pathname);
      return route.fulfill({ status: 200, contentType: "font/woff2", body: "not a font" });
    });
    const unused = { family: "Unused", src: "/fonts/unused.woff2" };
    await chat.open(theme(sans, unused));
    await expect.poll(() => asked).toEqual(["/fonts/sans.woff2"]);
    // What came is no font, and that is told by name.
    await expect
      .poll(() => chat.heard("error"))
      .toEqual([
        'font_failed: The font "Test Sans" of theme.typography.fontSources[0] could not be loaded from /fonts/sans.woff2. It takes an http address that the page\'s font-src allows.',
      ]);
    expect(await fontsOf()).toEqual(['"Test Sans" 400 swap', "Unused normal auto"]);

    await chat.page.evaluate(
      (options) => {
        const second = document.createElement("openai-chatkit");
        second.id = "second";
        document.body.append(second);
        if ("setOptions" in second && typeof second.setOptions === "function")
          second.setOptions({ api: { url: "/chatkit", domainKey: "" }, ...JSON.parse(options) });
      },
      JSON.stringify(theme(sans)),
    );
    expect((await fontsOf()).length).toBe(2);
    await chat.page.evaluate(() => window.testPage.setOptions({ theme: "light" }));
    await expect.poll(fontsOf).toEqual(['"Test Sans" 400 swap']);
    await chat.page.evaluate(() => document.querySelector("#second")?.remove());
    await expect.poll(fontsOf).toEqual([]);
  });

  test("addresses that are not http are not even tried", async () => {
    await chat.open(
      theme({ family: "Inline", src: "data:font/woff2;base64,AAAA" }, { family: "Odd", src: "http://" }),
    );
    await expect.poll(async () => (await chat.heard("error")).length).toBe(2);
    expect(await fontsOf()).toEqual([]);
  });
});

describe.skipIf(isWithoutChromium)("font sources under a strict policy", { timeout: 30_000 }, () => {
  const chat = chatPage({
    expectedComplaint: /violates the following Content Security Policy directive: "default-src 'none'"/,
  });

  test("a font that the policy forbids is told as such a one", async () => {
    expect(strictPolicy).not.toContain("font-src");
    await chat.open(theme(sans));
    await expect
      .poll(async () => String((await chat.heard("error"))[0]))
      .toContain('font_failed: The font "Test Sans"');
  });
});
