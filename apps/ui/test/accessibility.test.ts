// Everything that the page of the chat can show besides a conversation, read by axe in both schemes, wide and narrow.

import axe, { type AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

import { hasBrowser, launchBrowser, openPage } from "./browser.ts";
import { startStandIn } from "./stand-in.ts";

const { distDir } = inject("page");
const wide = { width: 1200, height: 800 };
const phone = { width: 320, height: 640 };
/** What 1280 by 800 is at 200 %. */
const zoomed = { width: 640, height: 400 };

describe
  .skipIf(!hasBrowser())
  .each(
    (["light", "dark"] as const).flatMap((colorScheme) =>
      [wide, phone, zoomed].map((viewport) => ({ colorScheme, viewport, width: viewport.width })),
    ),
  )("nothing that axe objects to, $colorScheme, $width px", ({ colorScheme, viewport }) => {
  const options = { colorScheme, viewport, reducedMotion: "reduce" } as const;
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test("the start screen, the list of conversations, and each page's way to the others", async () => {
    await using server = await startStandIn(distDir);
    await using tab = await openPage(browser, server.launchUrl, options);
    await ready(tab.page);
    await expectAccessible(tab.page);
    await tab.page.getByRole("button", { name: "Show conversations" }).click();
    await tab.page.getByRole("dialog").waitFor();
    await expectAccessible(tab.page);
  });

  test("a hosted session, with the details of the session open", async () => {
    await using server = await startStandIn(distDir);
    await using tab = await openPage(browser, server.launchUrl, options);
    const { page } = tab;
    await ready(page);
    await openDetails(page);
    await page.getByLabel("Profile").selectOption("agent");
    await page.getByRole("heading", { name: "This session is hosted by OpenAI" }).waitFor();
    await expectAccessible(page);
  });

  test("the keys: one that is good, one that is refused, and one that was taken away", async () => {
    await using server = await startStandIn(distDir);
    const [good] = server.keys;
    const said = { problem: "The provider refused this key.", mend: "Make a new one." };
    server.keys = [
      good!,
      { ...good!, id: "second", state: "invalid", ...said },
      { ...good!, id: "third", state: "missing", fingerprint: null, checkedAt: null, ...said },
    ];
    await using tab = await openPage(browser, server.launchUrl, options);
    await tab.page.getByRole("region", { name: "API keys" }).getByText(said.problem).first().waitFor();
    await openDetails(tab.page);
    await expectAccessible(tab.page);
    await tab.page.getByRole("button", { name: "Check now" }).click();
    await tab.page.getByText("The API key is valid.").waitFor();
    await expectAccessible(tab.page);
  });

  test("a session that has ended, a server that does not answer, an address that is old", async () => {
    await using server = await startStandIn(distDir);
    await using tab = await openPage(browser, server.launchUrl, options);
    const { page, context } = tab;
    await ready(page);
    await openDetails(page);
    await page.getByRole("button", { name: "End session" }).click();
    await page.getByRole("heading", { name: "The session has ended" }).waitFor();
    await expectAccessible(page);
    await context.route("**/trpc/**", (route) => route.abort("connectionrefused"));
    await page.reload();
    await page.getByRole("heading", { name: "Sidekit does not answer" }).waitFor();
    await expectAccessible(page);
    await context.unroute("**/trpc/**");
    server.restart();
    await page.reload();
    await page.getByRole("heading", { name: "This address is no longer valid" }).waitFor();
    await expectAccessible(page);
  });
});

async function ready(page: Page): Promise<void> {
  await page.locator("openai-chatkit").getByRole("textbox").first().waitFor();
}

async function openDetails(page: Page): Promise<void> {
  const toggle = page.getByRole("button", { name: "Session details" });
  if (await toggle.isVisible()) await toggle.click();
}

/** By axe, through the debugger, which the page's policy does not bind; and nothing to be scrolled sideways. */
async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>("axe.run()");
  expect(
    violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`)),
  ).toEqual([]);
  expect(
    await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
  ).toBe(0);
}
