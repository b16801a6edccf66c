import { mkdirSync } from "node:fs";
import { join } from "node:path";

import axe, { type AxeResults } from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { hasChromium, launchBrowser } from "./browser.ts";
import { makeDataDir, startSidecar, type Sidecar } from "./sidecar.ts";
import { apiError, startUpstream } from "./upstream.ts";

const root = join(import.meta.dirname, "..");
/** The README's pictures are made here; a run without this leaves them in the reports. */
const pictures =
  process.env["TEST_UPDATE_PICTURES"] === undefined ? join(root, ".reports") : join(root, "docs");

test("Chromium is there where it must be", () => {
  expect(hasChromium || process.env["CI"] !== "true").toBe(true);
});

describe.skipIf(!hasChromium)("the page in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
    mkdirSync(pictures, { recursive: true });
  });
  afterAll(() => browser.close());

  test("three turns, a reload and a restart: the conversation is there each time", async () => {
    const dataDir = makeDataDir();
    const context = await browser.newContext({ viewport: { width: 1100, height: 800 } });
    const faults: string[] = [];
    {
      await using sidecar = await startSidecar({ dataDir });
      const page = await openPage(context, sidecar, faults);
      expect(page.url()).not.toContain("launch");
      await say(page, "What can you do?");
      await say(page, "And a second question");
      await say(page, "A third one, then");
      expect(await page.getByText("built-in demo").count()).toBeGreaterThan(0);

      await page.reload();
      await page.getByText("A third one, then").last().waitFor();
      expect(await page.getByText("And a second question").count()).toBeGreaterThan(0);
      expect(await violations(page)).toEqual([]);
    }
    await using again = await startSidecar({ dataDir, env: {} });
    // Another port is another origin: the kept thread is found in the list instead.
    const page = await openPage(context, again, faults);
    await page.getByRole("button", { name: "Show conversations" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "What can you do?", exact: true }).click();
    await page.getByText("A third one, then").last().waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  test("stop keeps what was said; rename and delete change the list", async () => {
    await using sidecar = await startSidecar();
    const context = await browser.newContext();
    const page = await openPage(context, sidecar, []);
    await page.getByRole("textbox").first().fill("long");
    await page.keyboard.press("Enter");
    const stop = page.getByRole("button", { name: "Stop answering" });
    await stop.waitFor();
    await page.waitForTimeout(1500);
    await stop.click();
    await stop.waitFor({ state: "detached" });
    await expect
      .poll(() => /"run\.done"/.test(sidecar.output()) && /"outcome":"stopped"/.test(sidecar.output()))
      .toBe(true);

    await page.getByRole("button", { name: "Show conversations" }).click();
    await page
      .getByRole("button", { name: /^Rename/ })
      .first()
      .click();
    await page.getByRole("textbox", { name: "New title" }).fill("A better name");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "A better name", exact: true }).waitFor();
    await page.getByRole("button", { name: /^Delete “A better name”/ }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await expectShown(page, "No conversations yet.");
    await context.close();
  });

  test("the model's answer, its failure and the retry", async () => {
    await using upstream = await startUpstream();
    await using sidecar = await startSidecar({
      env: { OPENAI_API_KEY: upstream.apiKey, OPENAI_BASE_URL: upstream.baseUrl },
    });
    const context = await browser.newContext();
    const page = await openPage(context, sidecar, []);
    await page.getByText("API key: valid").waitFor();
    upstream.answerAlways("responses.create", apiError(500));
    await page.getByRole("textbox").first().fill("Are you there?");
    await page.keyboard.press("Enter");
    const retry = page.getByRole("button", { name: "Try again" });
    await retry.waitFor();
    upstream.answerAlways("responses.create", { kind: "ordinary" });
    await retry.click();
    await expectShown(page, "The upstream received");
    await context.close();
  });

  test("a bad key is named with its mend", async () => {
    await using sidecar = await startSidecar({ env: { OPENAI_API_KEY: "sk-your-api-key-goes-here" } });
    const context = await browser.newContext();
    const page = await openPage(context, sidecar, []);
    await expectShown(page, "OPENAI_API_KEY holds a placeholder, not a key.");
    await expectShown(page, "Replace the placeholder in OPENAI_API_KEY with a real key.");
    await context.close();
  });

  test("session: renew, end, start again", async () => {
    await using sidecar = await startSidecar();
    const context = await browser.newContext();
    const page = await openPage(context, sidecar, []);
    await page.getByRole("button", { name: "Renew" }).click();
    await page.getByRole("button", { name: "End session" }).click();
    await page.getByRole("button", { name: "Start a session" }).first().click();
    await say(page, "Still here?");
    await expectShown(page, "Still here?");
    await context.close();
  });

  test.each(["light", "dark"] as const)("pictures, %s: nothing that axe objects to", async (colorScheme) => {
    await using sidecar = await startSidecar();
    const context = await browser.newContext({
      colorScheme,
      viewport: { width: 1100, height: 1280 },
      reducedMotion: "reduce",
    });
    const page = await openPage(context, sidecar, []);
    expect(await violations(page)).toEqual([]);
    await say(page, "What does Sidekit do?");
    await page.screenshot({ path: join(pictures, `chat-${colorScheme}.png`) });
    expect(await violations(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(320);
    await context.close();
  });

  test("a page elsewhere can neither call nor read", async () => {
    await using sidecar = await startSidecar();
    await using other = await startSidecar();
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${other.url}/healthz`).catch(() => {});
    const refused = await page.evaluate(async (target) => {
      try {
        await fetch(`${target}/trpc/system.info`);
        return "read";
      } catch {
        return "refused";
      }
    }, sidecar.url);
    expect(refused).toBe("refused");
    await context.close();
  });
});

/** The page, ready to be typed into. Whatever the page complains about goes into `faults`. */
async function openPage(context: BrowserContext, sidecar: Sidecar, faults: string[]): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (line) => {
    if (line.type() === "error") faults.push(line.text());
  });
  await page.goto(`${sidecar.url}/#launch=${sidecar.launchToken}`);
  await page.getByRole("textbox").first().waitFor();
  return page;
}

async function expectShown(page: Page, text: string): Promise<void> {
  await page.getByText(text).first().waitFor();
  expect(await page.getByText(text).first().isVisible()).toBe(true);
}

/** Sends a message by keyboard and waits for the whole answer. */
async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox").first().fill(text);
  await page.keyboard.press("Enter");
  const stop = page.getByRole("button", { name: "Stop answering" });
  await stop.waitFor();
  await stop.waitFor({ state: "detached", timeout: 30_000 });
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const results = await page.evaluate<AxeResults>("axe.run()");
  return results.violations.map(
    ({ id, nodes }) => `${id}: ${JSON.stringify(nodes.map(({ target }) => target))}`,
  );
}
