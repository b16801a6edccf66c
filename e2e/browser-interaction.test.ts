import { writeFileSync } from "node:fs";
import { join } from "node:path";

import axe, { type AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { hasChromium, launchBrowser } from "./browser.ts";
import { makeDataDir, startSidecar, type Sidecar } from "./sidecar.ts";

const pictures = process.env["TEST_PICTURES"];

/** One pixel. */
const dot =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

describe.skipIf(!hasChromium)("the examples in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test.each(["light", "dark"] as const)(
    "form filling: questions are answered, and the page fills its form (%s)",
    async (colorScheme) => {
      await using sidecar = await startSidecar();
      const page = await openExample(browser, sidecar, "form-filling", colorScheme);
      await say(page, "A trip, please");
      const form = page.getByRole("form", { name: "Questions" });
      await form.getByRole("radio", { name: "Oslo" }).check();
      await form.getByRole("textbox", { name: "For how many nights?" }).fill("3");
      await form.getByRole("checkbox", { name: "Breakfast" }).check();
      await picture(page, `questions-${colorScheme}`);
      expect(await violations(page)).toEqual([]);
      await form.getByRole("button", { name: "Send answers" }).click();
      await page.getByText("The form is filled. Look it over").last().waitFor();
      const booking = page.getByRole("form", { name: "Booking form" });
      expect(
        await booking.getByRole("textbox").evaluateAll((all) => all.map((it) => Reflect.get(it, "value"))),
      ).toEqual(["Oslo", "3", "Breakfast"]);
      expect(await page.locator(".answered dd").allTextContents()).toEqual(["Oslo", "3", "Breakfast"]);
      await picture(page, `filled-${colorScheme}`);
      expect(await violations(page)).toEqual([]);

      const good = page.getByRole("button", { name: "Good answer" });
      await good.click();
      expect(await good.getAttribute("aria-pressed")).toBe("true");
      await page.setViewportSize({ width: 320, height: 640 });
      expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(320);
      await page.context().close();
    },
  );

  test("an image is uploaded to the sidecar, and shown in the message, also after a reload", async () => {
    const dataDir = makeDataDir();
    const config = join(dataDir, "files.json");
    const features = { fileUpload: { enabled: true, maxFileSizeMb: 1, maxFiles: 2 } };
    writeFileSync(config, JSON.stringify({ profiles: { default: { features } } }));
    await using sidecar = await startSidecar({ dataDir, env: { SIDEKIT_CONFIG: config } });
    const page = await openExample(browser, sidecar, null, "light");
    await page
      .locator("input[type=file]")
      .setInputFiles({ name: "dot.png", mimeType: "image/png", buffer: Buffer.from(dot, "base64") });
    await page.locator(".composer-file.ready", { hasText: "dot.png" }).waitFor();
    await say(page, "Look at this");
    const image = page.locator(".user img");
    const isLoaded = () => image.evaluate((it) => Reflect.get(it, "naturalWidth") === 1);
    await expect.poll(isLoaded).toBe(true);
    await page.reload();
    await expect.poll(isLoaded).toBe(true);
    await picture(page, "image");
    await page.context().close();
  });

  test("an answer is given again, and takes the first one's place", async () => {
    await using sidecar = await startSidecar();
    const page = await openExample(browser, sidecar, "default", "light");
    await say(page, "What can you do?");
    const again = page.getByRole("button", { name: "Answer again" });
    await again.click();
    await again.waitFor({ state: "detached" });
    await again.waitFor();
    expect(await page.locator(".bubble").count()).toBe(1);
    expect(await page.locator(".answer").count()).toBe(1);
    await page.context().close();
  });
});

async function openExample(
  browser: Browser,
  sidecar: Sidecar,
  /** Null: there is only one. */
  profile: string | null,
  colorScheme: "light" | "dark",
): Promise<Page> {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1100, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${sidecar.url}/#launch=${sidecar.launchToken}`);
  if (profile !== null) await page.getByRole("combobox", { name: "Profile" }).selectOption(profile);
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  return page;
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.keyboard.press("Enter");
  await page.locator(".answer").first().waitFor();
}

async function picture(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `ui-${name}.png`) });
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const results = await page.evaluate<AxeResults>("axe.run()");
  return results.violations.map(
    ({ id, nodes }) => `${id}: ${JSON.stringify(nodes.map(({ target }) => target))}`,
  );
}
