// Every scene of the gallery looks as it did, in light and dark. docs/pictures.md says how to make the references anew.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

import { sceneGroups } from "../src/gallery/scenes.ts";
import { hasBrowser, launchBrowser, openPage, type OpenPage } from "./browser.ts";
import { differingShare, measureFonts, otherFonts, sameFonts } from "./picture-comparison.ts";
import { startStandIn, type StandIn } from "./stand-in.ts";

const { distDir } = inject("page");
const references = join(import.meta.dirname, "pictures");
const fontsFile = join(references, "fonts.json");
const isUpdate = process.env["TEST_UPDATE_PICTURES"] !== undefined;
const reports = join(import.meta.dirname, "../../../.reports/pictures");
const ids = sceneGroups.flatMap(({ scenes }) => scenes.map(({ id }) => id));

describe.skipIf(!hasBrowser()).each(["light", "dark"] as const)(
  "the gallery's pictures, %s",
  (colorScheme) => {
    let browser: Browser;
    let server: StandIn;
    let tab: OpenPage;
    let hasSameFonts: boolean;
    beforeAll(async () => {
      browser = await launchBrowser();
      server = await startStandIn(distDir);
      tab = await openGallery(browser, server, colorScheme);
      const fonts = await measureFonts(tab.page);
      if (isUpdate) {
        mkdirSync(join(references, colorScheme), { recursive: true });
        writeFileSync(fontsFile, `[${fonts.join(", ")}]\n`);
      }
      hasSameFonts = JSON.stringify(fonts) === JSON.stringify(JSON.parse(readFileSync(fontsFile, "utf8")));
      if (!hasSameFonts) console.info("Other fonts than the references have: compared roughly.");
    });
    afterAll(async () => {
      await tab[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await browser.close();
    });

    test.each(ids)("%s", async (id) => {
      const taken = await pictureOf(tab.page, id);
      const file = join(references, colorScheme, `${id}.png`);
      if (isUpdate) writeFileSync(file, taken);
      const tolerance = hasSameFonts ? sameFonts : otherFonts;
      const share = await differingShare(tab.page, taken, readFileSync(file), tolerance);
      if (share > tolerance.share) {
        mkdirSync(reports, { recursive: true });
        writeFileSync(join(reports, `${colorScheme}-${id}.png`), taken);
      }
      expect(share, `.reports/pictures has what was seen of ${id}`).toBeLessThanOrEqual(tolerance.share);
    });
  },
);

test.skipIf(!hasBrowser())(
  "a ground that changes and a part that moves are noticed whatever the fonts, which by themselves are not",
  async () => {
    const browser = await launchBrowser();
    const server = await startStandIn(distDir);
    const tab = await openGallery(browser, server, "light");
    const before = await pictureOf(tab.page, "widget-flight");
    const seen = async (css: string) => {
      await tab.page.locator("#widget-flight sidekit-chat").evaluate((it, text) => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(text);
        it.shadowRoot?.adoptedStyleSheets.push(sheet);
      }, css);
      const after = await pictureOf(tab.page, "widget-flight");
      const shares = [];
      for (const tolerance of [sameFonts, otherFonts])
        shares.push((await differingShare(tab.page, before, after, tolerance)) > tolerance.share);
      await tab.page.locator("#widget-flight sidekit-chat").evaluate((it) => {
        it.shadowRoot?.adoptedStyleSheets.pop();
      });
      return shares;
    };
    expect(await seen("")).toEqual([false, false]);
    expect(await seen(".frame { filter: invert(0.1) }")).toEqual([true, true]);
    expect(await seen(".frame * { font-family: 'Liberation Sans', sans-serif !important }")).toEqual([
      true,
      false,
    ]);
    expect(await seen(".widget { translate: 0 3rem }")).toEqual([true, true]);
    await tab[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await browser.close();
  },
);

/** One column, on one day, without anything that moves. */
async function openGallery(
  browser: Browser,
  server: StandIn,
  colorScheme: "light" | "dark",
): Promise<OpenPage> {
  const tab = await openPage(browser, "about:blank", {
    colorScheme,
    viewport: { width: 560, height: 900 },
    reducedMotion: "reduce",
    locale: "en-GB",
    timezoneId: "UTC",
  });
  const { page } = tab;
  await page.clock.setFixedTime("2026-11-02T10:00:00Z");
  await page.goto(`${server.url}/#/gallery`);
  await page.locator("#widget-charts svg").first().waitFor();
  await page.locator("#working").getByText("Looking at the timetable").first().waitFor();
  await page.locator("#history").getByRole("button", { name: "Night trains", exact: true }).waitFor();
  return tab;
}

/** Once it no longer changes: what is heavy comes when it is seen for the first time. */
async function pictureOf(page: Page, id: string): Promise<Buffer> {
  const frame = page.locator(`#${id}`);
  await frame.scrollIntoViewIfNeeded();
  let last: Buffer = Buffer.alloc(0);
  for (let tries = 0; tries < 20; tries += 1) {
    const next = await frame.screenshot({ animations: "disabled", caret: "hide" });
    if (next.equals(last)) return next;
    last = next;
  }
  throw new Error(`${id} keeps changing.`);
}
