import axe, { type AxeResults } from "axe-core";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { hasChromium, launchBrowser } from "./browser.ts";
import { startSidecar } from "./sidecar.ts";

describe.skipIf(!hasChromium)("the profile choice in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test.each(["light", "dark"] as const)(
    "an example is chosen above the chat, and answers (%s)",
    async (colorScheme) => {
      await using sidecar = await startSidecar();
      const context = await browser.newContext({ colorScheme, viewport: { width: 1100, height: 800 } });
      const page = await context.newPage();
      await page.goto(`${sidecar.url}/#launch=${sidecar.launchToken}`);
      const choice = page.getByRole("combobox", { name: "Profile" });
      await choice.waitFor();
      expect(await choice.locator("option").allTextContents()).toEqual([
        "default",
        "form-filling",
        "research-assistant",
        "support-desk",
      ]);
      await choice.selectOption("research-assistant");
      const composer = page.getByRole("textbox").first();
      await composer.fill("What is a profile?");
      await composer.press("Enter");
      await page.getByText("I am an example without a model").first().waitFor();
      await page.getByText("Profiles").last().waitFor();

      await page.evaluate(axe.source);
      const results = await page.evaluate<AxeResults>("axe.run()");
      expect(results.violations.map(({ id }) => id)).toEqual([]);
      await page.setViewportSize({ width: 320, height: 640 });
      expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(320);
      await context.close();
    },
  );
});
