// Formulas as the browser draws them, under the strictest policy.

import { describe, expect, test } from "vitest";

import { chatPage } from "./chat-page.ts";
import { isWithoutChromium } from "./chromium.ts";
import { assistantMessage } from "./scripted-server.ts";

describe.skipIf(isWithoutChromium)("formulas in Chromium", { timeout: 60_000 }, () => {
  const chat = chatPage();

  test("are MathML within the text and on lines of their own", async () => {
    await chat.open();
    await chat.answered(
      [
        "The roots are $x_{1,2} = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}$, and it costs $5.",
        "$$\n\\sum_{k=1}^{n} k = \\frac{n(n+1)}{2}\n$$",
        "\\[ \\int_0^1 x^2 \\, dx \\]",
        "- in a list \\(e^{i\\pi} = -1\\)",
      ].join("\n\n"),
    );
    await expect.poll(() => chat.page.locator(".answer math").count()).toBe(4);
    expect(await chat.page.locator(".answer math mfrac").count()).toBeGreaterThanOrEqual(2);
    expect(await chat.page.locator(".answer .maths > code").count()).toBe(0);
    expect(await chat.page.locator(".answer p").first().textContent()).toContain("and it costs $5.");
    const [inText, alone] = await chat.page
      .locator(".answer .maths")
      .evaluateAll((all) => all.map((formula) => getComputedStyle(formula).display));
    expect([inText, alone]).toEqual(["inline", "block"]);
    await chat.accessible("formulas");
    await chat.picture("maths");
  });

  test("what is no formula, or asks for more than one may, stays as it was written", async () => {
    await chat.open();
    const refused = [
      "\\frac{1}{",
      "\\href{javascript:window.hacked=1}{x^2}",
      "\\htmlStyle{color:red}{y_1}",
      "\\def\\a{\\a\\a}\\a_1",
      "\\notacommand^2",
    ];
    await chat.answered(refused.map((tex) => `Text \\(${tex}\\) text.`).join("\n\n"));
    await chat.page.waitForTimeout(500);
    const shown = await chat.page.locator(".answer .maths").allTextContents();
    for (const [at, tex] of refused.entries()) expect(shown[at], tex).toContain(tex.slice(0, 6));
    expect(await chat.page.locator(".answer math a, .answer math [href], .answer a").count()).toBe(0);
    expect(await chat.page.evaluate(() => "hacked" in window)).toBe(false);
  });

  test("while they arrive their source is shown, and then they are drawn", async () => {
    await chat.open();
    const whole = "So $a^2 + b^2 = c^2$ holds.";
    const { promise: goOn, resolve } = Promise.withResolvers<void>();
    chat.server.script = async ({ emit, done, threadId, newId, now }) => {
      const message = assistantMessage({ id: newId(), threadId, text: "So $a^2 + b", at: now() });
      emit({ type: "thread.item.added", item: message });
      await goOn;
      done({ ...message, content: [{ type: "output_text", text: whole, annotations: [] }] });
    };
    await chat.say("Go");
    await expect.poll(() => chat.page.locator(".answer .markdown").textContent()).toBe("So $a^2 + b");
    resolve();
    await chat.page.locator(".answer math").waitFor();
  });
});
