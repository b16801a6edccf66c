// The built page in a real browser, under the sidecar's policy, against the real router.

import axe, { type AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

import { hasBrowser, launchBrowser, openPage } from "./browser.ts";
import { scriptedAnswer } from "./scripted-chat.ts";
import { startStandIn } from "./stand-in.ts";

const { distDir } = inject("page");
const tokenPattern = /ck[a-z]{2}_[0-9A-Za-z]{10}/;

describe.skipIf(!hasBrowser())("the page", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test("takes the token from the address, converses, and comes back to the thread after a reload", async () => {
    await using server = await startStandIn(distDir);
    await using tab = await openPage(browser, server.launchUrl);
    const { page } = tab;
    await active(page);
    expect(page.url()).toBe(`${server.url}/`);

    await say(page, "Hello there");
    await answered(page);
    await page.reload();
    await page.getByText("Hello there").waitFor();
    expect(page.url()).toBe(`${server.url}/`);
    expect(server.targets.filter((target) => tokenPattern.test(target))).toEqual([]);
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toMatch(tokenPattern);
    expect(tab.complaints).toEqual([]);
  });

  test("removes the token before any other code runs", async () => {
    await using server = await startStandIn(distDir);
    await using tab = await openPage(browser, "about:blank");
    const { page } = tab;
    await page.addInitScript(() => {
      const define = customElements.define.bind(customElements);
      customElements.define = (...element) => {
        document.documentElement.dataset["addressAtDefine"] = location.href;
        define(...element);
      };
    });
    await page.goto(server.launchUrl);
    await active(page);
    expect(await page.evaluate(() => document.documentElement.dataset["addressAtDefine"])).toBe(
      `${server.url}/`,
    );
  });

  test("starts anew when the remembered thread is gone", async () => {
    await using server = await startStandIn(distDir);
    await using tab = await openPage(browser, server.launchUrl);
    const { page } = tab;
    await say(page, "Soon forgotten");
    await answered(page);
    server.forgetThreads();
    await page.reload();
    await page.getByText("What would you like to know?").waitFor();
    expect(await page.evaluate(() => localStorage.getItem("sidekit.thread"))).toBeNull();
    expect(await page.getByRole("alert").count()).toBe(0);
    await say(page, "A new beginning");
    await answered(page);
    expect(await page.getByText("Soon forgotten").count()).toBe(0);
  });

  test("counts down, renews and ends the session", async () => {
    await using server = await startStandIn(distDir);
    await using tab = await openPage(browser, server.launchUrl);
    const { page } = tab;
    await active(page);
    const timer = page.getByRole("timer");
    const clock = timer.locator("[aria-hidden=true]");
    await expect.poll(() => clock.textContent(), { timeout: 5000 }).toMatch(/^09:5[0-8]$/);
    expect(await timer.textContent()).toContain("9 minutes left");

    await page.getByRole("button", { name: "Renew" }).click();
    await expect.poll(() => clock.textContent(), { timeout: 5000 }).toMatch(/^(10:00|09:59)$/);
    await page.getByRole("status").getByText("Session renewed").waitFor();

    await page.getByRole("button", { name: "End session" }).click();
    await page.getByRole("heading", { name: "The session has ended" }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("The session has ended");
    expect(await page.locator("openai-chatkit").count()).toBe(0);
    // The one before the renewal is left to its time: answers may still be streaming under it.
    await expect.poll(() => server.activeSessions()).toBe(1);

    await page.getByRole("button", { name: "Start a session" }).click();
    await active(page);
    await page.locator("openai-chatkit").waitFor();
    expect(await server.activeSessions()).toBe(2);
    expect(tab.complaints).toEqual([]);
  });

  test("says what did not come about while nobody answers, and goes on afterwards", async () => {
    await using server = await startStandIn(distDir);
    await using tab = await openPage(browser, server.launchUrl);
    const { page, context } = tab;
    await active(page);
    const cutOff = () => context.route("**/trpc/**", (route) => route.abort("connectionrefused"));
    await cutOff();
    await page.getByRole("button", { name: "Renew" }).click();
    await page.getByRole("alert").getByText("The session could not be renewed.").waitFor();
    await active(page);
    await page.getByRole("button", { name: "End session" }).click();
    await page.getByText("The server could not be told").waitFor();
    await page.getByRole("button", { name: "Start a session" }).click();
    await page.getByRole("heading", { name: "A session could not be started" }).waitFor();
    await context.unroute("**/trpc/**");
    await page.getByRole("button", { name: "Try again" }).click();
    await active(page);
    expect(await page.getByRole("alert").count()).toBe(0);
    expect(await focusIsInChat(page)).toBe(true);
  });

  test("a session that the server took back is replaced without a word", async () => {
    await using server = await startStandIn(distDir);
    await using tab = await openPage(browser, server.launchUrl);
    const { page } = tab;
    await active(page);
    await server.cancelSessions();
    await say(page, "Still there?");
    await answered(page);
    await active(page);
    expect(await server.activeSessions()).toBe(1);
  });

  test("a message after a restart leads to the screen that asks for the new address", async () => {
    await using server = await startStandIn(distDir);
    await using tab = await openPage(browser, server.launchUrl);
    const { page } = tab;
    await active(page);
    await server.cancelSessions();
    server.restart();
    await say(page, "Still there?");
    await page.getByRole("heading", { name: "This address is no longer valid" }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
  });

  test("so does one whose session has expired meanwhile", async () => {
    await using server = await startStandIn(distDir);
    await using tab = await openPage(browser, server.url);
    const { page } = tab;
    await page.clock.install();
    await page.goto(server.launchUrl);
    await active(page);
    server.restart();
    await page.clock.fastForward("11:00");
    await page.locator(".bar-state").getByText("Expired").waitFor();
    await say(page, "Still there?");
    await page.getByRole("heading", { name: "This address is no longer valid" }).waitFor();
    expect(await page.locator("openai-chatkit").count()).toBe(0);
  });

  test("a page without scripts can be read in the dark too", async () => {
    await using server = await startStandIn(distDir);
    const options = { javaScriptEnabled: false, colorScheme: "dark" } as const;
    await using tab = await openPage(browser, server.url, options);
    const text = tab.page.locator("noscript .plain-note");
    expect(await text.evaluate((it) => getComputedStyle(it).color)).toBe("rgb(238, 235, 231)");
  });

  test("a profile is a choice, and a hosted one shows what it is", async () => {
    await using server = await startStandIn(distDir);
    await using tab = await openPage(browser, server.launchUrl);
    const { page } = tab;
    await active(page);
    const profile = page.getByLabel("Profile");
    await profile.focus();
    await profile.selectOption("short");
    await page
      .getByRole("timer")
      .getByText(/^(01:00|00:5\d)$/)
      .waitFor();
    await expect.poll(() => server.activeSessions()).toBe(1);

    await profile.selectOption("agent");
    await page.getByRole("heading", { name: "This session is hosted by OpenAI" }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("SELECT");
    expect(await page.locator("openai-chatkit").count()).toBe(0);
    expect(await page.getByText(/^cksess_/).count()).toBe(1);
    expect(await page.content()).not.toContain("ek_elsewhere");
    await page.reload();
    await page.getByRole("heading", { name: "This session is hosted by OpenAI" }).waitFor();
  });

  test("says what is wrong with the key and how to mend it, and checks it on demand", async () => {
    await using server = await startStandIn(distDir);
    const problem = "The provider refused this key.";
    const mend = "Make a new one, put it in its place and start again.";
    const [good] = server.keys;
    server.keys = [{ ...good!, state: "invalid", problem, mend }];
    await using tab = await openPage(browser, server.launchUrl);
    const { page } = tab;
    const notice = page.getByRole("region", { name: "API keys" });
    await notice.getByText(problem).waitFor();
    await notice.getByText(mend).waitFor();
    const chip = page.getByRole("button", { name: "API key: refused" });
    expect(await chip.getAttribute("aria-expanded")).toBe("true");

    await notice.getByRole("button", { name: "Check now" }).click();
    await page.getByRole("button", { name: "API key: valid" }).waitFor();
    await notice.getByText("The API key is valid.").waitFor();
    await page.getByRole("button", { name: "API key: valid" }).click();
    await notice.waitFor({ state: "hidden" });
  });

  test("without a token it asks for the ready line", async () => {
    await using server = await startStandIn(distDir);
    await using tab = await openPage(browser, server.url);
    const { page } = tab;
    const field = page.getByLabel("Ready line, address or launch token");
    await field.fill("Sidekit ready at nowhere");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("There is no launch token in this text").waitFor();
    await field.fill(`Sidekit ready at ${server.launchUrl}`);
    await field.press("Enter");
    await active(page);
    expect(page.url()).toBe(`${server.url}/`);
  });

  test("after a restart it asks for the new address, which may be opened in the same tab", async () => {
    await using server = await startStandIn(distDir);
    await using tab = await openPage(browser, server.launchUrl);
    const { page } = tab;
    await active(page);
    const newAddress = server.restart();
    await page.getByRole("button", { name: "Renew" }).click();
    await page.getByRole("heading", { name: "This address is no longer valid" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "This address is no longer valid" }).waitFor();
    await page.goto(newAddress);
    await active(page);
    expect(page.url()).toBe(`${server.url}/`);
  });

  test("says that nobody answers, and tries again", async () => {
    await using server = await startStandIn(distDir);
    await using tab = await openPage(browser, server.launchUrl);
    const { page, context } = tab;
    await active(page);
    await context.route("**/trpc/**", (route) => route.abort("connectionrefused"));
    await page.reload();
    await page.getByRole("heading", { name: "Sidekit does not answer" }).waitFor();
    await context.unroute("**/trpc/**");
    await page.getByRole("button", { name: "Try again" }).click();
    await active(page);
    expect(await server.activeSessions()).toBeGreaterThan(0);
  });

  test("light and dark: the system's, or the choice that a reload keeps", async () => {
    await using server = await startStandIn(distDir);
    await using tab = await openPage(browser, server.launchUrl, { colorScheme: "dark" });
    const { page } = tab;
    await active(page);
    const scheme = () => page.evaluate(() => document.documentElement.dataset["scheme"]);
    expect(await scheme()).toBe("dark");
    await page.emulateMedia({ colorScheme: "light" });
    await expect.poll(scheme).toBe("light");
    await page.getByRole("radio", { name: "Dark" }).check({ force: true });
    expect(await scheme()).toBe("dark");
    await page.reload();
    await active(page);
    expect(await scheme()).toBe("dark");
    expect(await page.getByRole("radio", { name: "Dark" }).isChecked()).toBe(true);
  });

  test.each([
    { colorScheme: "light" as const, viewport: { width: 1200, height: 800 } },
    { colorScheme: "dark" as const, viewport: { width: 1200, height: 800 } },
    { colorScheme: "light" as const, viewport: { width: 320, height: 640 } },
    { colorScheme: "dark" as const, viewport: { width: 320, height: 640 } },
  ])("is accessible and fits: $colorScheme, $viewport.width px", async (options) => {
    await using server = await startStandIn(distDir);
    const [good] = server.keys;
    server.keys = [
      { ...good!, state: "missing", fingerprint: null, problem: "No key is set.", mend: "Set one." },
    ];
    await using blank = await openPage(browser, server.url, options);
    await blank.page.getByRole("heading", { name: "Open the address that was printed" }).waitFor();
    expect(await violations(blank.page)).toEqual([]);

    await using tab = await openPage(browser, server.launchUrl, { ...options, reducedMotion: "reduce" });
    const { page } = tab;
    await active(page);
    const toggle = page.getByRole("button", { name: "Session details" });
    if (await toggle.isVisible()) await toggle.click();
    await say(page, "Hello there");
    await answered(page);
    expect(await violations(page)).toEqual([]);
    expect(await sidewaysScroll(page)).toBe(0);
    await page.getByRole("button", { name: "End session" }).click();
    await page.getByRole("heading", { name: "The session has ended" }).waitFor();
    expect(await violations(page)).toEqual([]);
  });

  test("the keyboard alone: skip link, composer, bar", async () => {
    await using server = await startStandIn(distDir);
    await using tab = await openPage(browser, server.launchUrl);
    const { page } = tab;
    await active(page);
    await page.evaluate(() => {
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    });
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the message field");
    await page.keyboard.press("Enter");
    await page.keyboard.type("Typed without a mouse");
    await page.keyboard.press("Enter");
    await answered(page);
  });
});

function active(page: Page): Promise<void> {
  return page.locator(".bar-state").getByText("Active").waitFor();
}

function focusIsInChat(page: Page): Promise<boolean> {
  return page.evaluate(() => document.activeElement === document.querySelector("openai-chatkit"));
}

async function say(page: Page, text: string): Promise<void> {
  const composer = page.locator("openai-chatkit").getByRole("textbox");
  await composer.fill(text);
  await composer.press("Enter");
}

/** The answer is on the page, and may be told to screen readers besides. */
function answered(page: Page): Promise<void> {
  const firstWords = scriptedAnswer.slice(0, scriptedAnswer.indexOf("*")).trim();
  return page.locator("openai-chatkit").getByText(firstWords).first().waitFor();
}

/** Through the debugger, which the page's policy does not bind. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate<AxeResults>("axe.run()");
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
