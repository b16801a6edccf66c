// The pages beside the chat, in a real browser under the sidecar's policy: reached by address and keyboard, read by anyone.

import axe, { type AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

import { sceneGroups } from "../src/gallery/scenes.ts";
import { hasBrowser, launchBrowser, openPage } from "./browser.ts";
import { startStandIn, type StandIn } from "./stand-in.ts";

const { distDir } = inject("page");

describe.skipIf(!hasBrowser())("the pages", () => {
  let browser: Browser;
  let server: StandIn;
  beforeAll(async () => {
    browser = await launchBrowser();
    server = await startStandIn(distDir);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await browser.close();
  });

  test("each has an address, and the chat is as it was when one comes back", async () => {
    await using tab = await openPage(browser, server.launchUrl);
    const { page } = tab;
    const composer = page.locator("openai-chatkit").getByRole("textbox");
    await composer.fill("Half a sentence");
    const sessions = await server.activeSessions();

    await page.getByRole("link", { name: "Gallery" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Gallery", level: 1 }).waitFor();
    expect(page.url()).toBe(`${server.url}/#/gallery`);
    expect(await page.title()).toBe("Gallery – Sidekit");
    expect(await focused(page)).toBe("Gallery");
    expect(await composer.isVisible()).toBe(false);

    await page.getByRole("link", { name: "Integrate" }).click();
    await page.getByRole("heading", { name: "Integrate", level: 1 }).waitFor();
    expect(await page.locator("[aria-current=page]:visible").textContent()).toBe("Integrate");
    await page.goBack();
    await page.getByRole("heading", { name: "Gallery", level: 1 }).waitFor();

    await page.getByRole("link", { name: "Chat", exact: true }).click();
    expect(await composer.inputValue()).toBe("Half a sentence");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("chat");
    expect(await server.activeSessions()).toBe(sessions);
    expect(tab.complaints).toEqual([]);
  });

  test("an address with a launch token leads to the chat from any page, and the token leaves it", async () => {
    await using tab = await openPage(browser, `${server.url}/#/gallery`);
    const { page } = tab;
    await page.getByRole("heading", { name: "Gallery", level: 1 }).waitFor();
    await page.goto(server.launchUrl);
    await page.locator("openai-chatkit").getByRole("textbox").waitFor();
    expect(page.url()).toBe(`${server.url}/`);
  });

  test("the gallery draws every scene, and nothing leaves the page", async () => {
    await using tab = await openPage(browser, `${server.url}/#/gallery`);
    const { page } = tab;
    const before = server.targets.length;
    const ids = sceneGroups.flatMap(({ scenes }) => scenes.map(({ id }) => id));
    await expect.poll(() => page.locator("sidekit-chat").count()).toBe(ids.length);
    await page.locator("#widget-charts svg").first().waitFor();
    await page.locator("#working").getByText("Looking at the timetable").first().waitFor();
    await page.locator("#failure").getByRole("button", { name: "Try again" }).waitFor();
    expect(await page.locator("#markdown table tr").count()).toBe(4);
    expect(server.targets.slice(before).filter((target) => !target.startsWith("/assets/"))).toEqual([]);
    expect(tab.complaints).toEqual([]);
  });

  test("a file is copied as it is, with this server's address; without a clipboard it is selected", async () => {
    await using tab = await openPage(browser, `${server.url}/#/integrate`);
    const { page, context } = tab;
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Copy Plain HTML" }).click();
    await page.getByRole("status").getByText("Plain HTML copied.").waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toContain(`src="${server.url}/element/sidekit-chat.js"`);
    expect(copied).toMatch(/^<!doctype html>[^]*<\/html>\n$/);

    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error("not here"));
    });
    await page.getByRole("button", { name: "Copy Vue" }).click();
    await page.getByText("Selected: press Ctrl+C").waitFor();
    expect(await page.evaluate(() => getSelection()?.toString())).toContain("<script setup");
  });

  test.each(
    (["gallery", "integrate"] as const).flatMap((name) =>
      (["light", "dark"] as const).flatMap((colorScheme) => [
        { name, colorScheme, width: 1200 },
        { name, colorScheme, width: 320 },
      ]),
    ),
  )("$name is accessible and fits: $colorScheme, $width px", async ({ name, colorScheme, width }) => {
    const options = { colorScheme, viewport: { width, height: 800 }, reducedMotion: "reduce" } as const;
    await using tab = await openPage(browser, `${server.url}/#/${name}`, options);
    const { page } = tab;
    await page.getByRole("heading", { level: 1 }).waitFor();
    if (name === "gallery") await page.locator("#widget-charts svg").first().waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });
});

function focused(page: Page): Promise<string | null | undefined> {
  return page.evaluate(() => document.activeElement?.textContent);
}

/** Through the debugger, which the page's policy does not bind. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate<AxeResults>("axe.run()");
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}
