// Text that is written from the right, in a chat that runs either way.

import { describe, expect, test } from "vitest";

import { chatPage } from "./chat-page.ts";
import { isWithoutChromium } from "./chromium.ts";

const text = [
  "שלום עולם, זה *טקסט* עם `code` באמצע.",
  "An English paragraph between them.",
  "## عنوان",
  "- أول\n- ثان with English",
  "1. first\n2. שני",
  "> اقتباس قصير",
  "| اسم | Value |\n| --- | ---: |\n| نهر | 12 |",
  "```\nconst left = 1;\n```",
].join("\n\n");

describe.skipIf(isWithoutChromium)("directions in Chromium", { timeout: 60_000 }, () => {
  const chat = chatPage();

  async function answered(options: Record<string, unknown> = {}): Promise<void> {
    await chat.open(options);
    await chat.answered(text, { question: "ספר לי" });
  }
  const directionsOf = (selector: string) =>
    chat.page
      .locator(selector)
      .evaluateAll((all) => all.map((element) => getComputedStyle(element).direction));

  test.each([{}, { locale: "ar" }])("each block has its own, whatever the chat's (%j)", async (options) => {
    await answered(options);
    expect(await directionsOf(".answer .markdown > p")).toEqual(["rtl", "ltr"]);
    expect(await directionsOf(".answer .heading")).toEqual(["rtl"]);
    expect(await directionsOf(".answer ul, .answer ol")).toEqual(["rtl", "ltr"]);
    expect(await directionsOf(".answer blockquote, .answer table")).toEqual(["rtl", "rtl"]);
    // A program runs from the left everywhere.
    expect(await directionsOf(".answer pre, .answer p code")).toEqual(["ltr", "ltr"]);
    expect(await directionsOf(".user .bubble")).toContain("rtl");
    await chat.accessible("right to left");
    await chat.picture(`direction-${"locale" in options ? "rtl" : "ltr"}`);
  });

  test("in a chat that runs from the right the user's words stand at the left, and nothing overflows", async () => {
    await answered({ locale: "he" });
    const said = await chat.page.locator(".user .bubble").first().boundingBox();
    const frame = await chat.page.locator(".frame").boundingBox();
    expect((said?.x ?? 0) + (said?.width ?? 0) / 2).toBeLessThan((frame?.width ?? 0) / 2);
    await chat.page.setViewportSize({ width: 320, height: 640 });
    expect(await chat.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  });
});
