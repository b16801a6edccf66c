// A page with the element on it in a real browser, before each test of the suite that asks for it.

import type { Annotation } from "@sidekit/chatkit/protocol";
import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";

import { openChromium } from "./chromium.ts";
import { bundle } from "./page-bundle.ts";
import { assistantMessage, openScriptedServer, type ScriptedServer } from "./scripted-server.ts";

type AxeRun = { violations: { id: string; nodes: { target: unknown; failureSummary?: string }[] }[] };

export interface ChatPage {
  readonly page: Page;
  readonly server: ScriptedServer;
  /** Opens the page with options that JSON can carry. */
  open(options?: Record<string, unknown>): Promise<void>;
  say(text: string): Promise<void>;
  /** Asks something, and resolves once this answer to it is complete. */
  answered(
    text: string,
    more?: { readonly annotations?: readonly Annotation[]; readonly question?: string },
  ): Promise<void>;
  /** Params of the requests of one type. */
  requestsOf(type: string): unknown[];
  /** Details of the page's events of one name. */
  heard(name: string): Promise<unknown[]>;
  /** The accessible name of what has the focus within the element. */
  focused(): Promise<string>;
  /** In both schemes. */
  accessible(where: string): Promise<void>;
  /** For looking at, when asked for. */
  picture(name: string): Promise<void>;
}

export interface ChatPageOptions {
  /** The page's script in `page/`; `open` is for the one that drives the vendor's React binding, which is the default. */
  readonly entry?: string;
  /** React repeats effects in StrictMode during development alone. */
  readonly mode?: "development" | "production";
  readonly browserArgs?: readonly string[];
  readonly context?: BrowserContextOptions;
  /** What the browser says on its console and is to say. */
  readonly expectedComplaint?: RegExp;
}

const pictures = process.env["TEST_PICTURES"];

/** Call it in a `describe`; what it gives is to be used within tests. */
export function chatPage({
  entry = "main.tsx",
  mode = "production",
  browserArgs = [],
  context = {},
  expectedComplaint,
}: ChatPageOptions = {}): ChatPage {
  let code: string;
  let browser: Browser;
  let server: ScriptedServer;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    ({ code } = await bundle(`./page/${entry}`, mode));
    browser = await openChromium(browserArgs);
  }, 60_000);
  afterAll(() => browser?.close());

  beforeEach(async () => {
    server = await openScriptedServer(code);
    complaints = [];
    page = await browser.newPage({ viewport: { width: 900, height: 760 }, ...context });
    page.setDefaultTimeout(8_000);
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      const said = message.text();
      const isExpected = /status of [45]/.test(said) || expectedComplaint?.test(said) === true;
      if (message.type() === "error" && !isExpected) complaints.push(said);
    });
  });
  afterEach(async () => {
    await page.close();
    await server[Symbol.asyncDispose]();
    expect(complaints).toEqual([]);
  });

  return {
    get page() {
      return page;
    },
    get server() {
      return server;
    },

    open: async (options = {}) => {
      await page.goto(`${server.origin}/?options=${encodeURIComponent(JSON.stringify(options))}`);
      await page.waitForFunction(() => window.testPage.events.some(({ name }) => name === "ready"));
    },

    say,

    answered: async (text, { annotations = [], question = "A question" } = {}) => {
      server.script = ({ done, threadId, newId, now }) => {
        const message = assistantMessage({ id: newId(), threadId, text, at: now() });
        done({ ...message, content: [{ type: "output_text", text, annotations: [...annotations] }] });
      };
      await say(question);
      await page.locator(".answer .actions").waitFor({ state: "attached" });
    },

    requestsOf: (type) =>
      server.requests.flatMap((request) => (request.type === type ? [request.params] : [])),

    heard: (name) =>
      page.evaluate(
        (it) => window.testPage.events.filter((event) => event.name === it).map(({ detail }) => detail),
        name,
      ),

    focused: () =>
      page.evaluate(() => {
        const active = document.querySelector("openai-chatkit")?.shadowRoot?.activeElement ?? null;
        return active?.getAttribute("aria-label") ?? active?.textContent ?? "";
      }),

    accessible: async (where) => {
      // Through the debugger, which the page's policy does not apply to.
      await page.evaluate(axe.source);
      for (const scheme of ["dark", "light"] as const) {
        await paint(scheme);
        const { violations } = (await page.evaluate("axe.run(document)")) as AxeRun;
        const found = violations.flatMap(({ id, nodes }) =>
          nodes.map(
            (node) =>
              `${where}, ${scheme}: ${id} ${JSON.stringify(node.target)} ${node.failureSummary ?? ""}`,
          ),
        );
        expect(found).toEqual([]);
      }
    },

    picture: async (name) => {
      if (pictures === undefined) return;
      for (const scheme of ["dark", "light"] as const) {
        await paint(scheme);
        await page.screenshot({ path: `${pictures}/${name}-${scheme}.png` });
      }
    },
  };

  async function say(text: string): Promise<void> {
    const field = page.getByRole("textbox", { name: "Message" });
    await field.fill(text);
    await field.press("Enter");
  }

  async function paint(scheme: "light" | "dark"): Promise<void> {
    await page.evaluate((it) => {
      const frame = document.querySelector("openai-chatkit")?.shadowRoot?.querySelector(".frame");
      frame?.setAttribute("data-scheme", it);
    }, scheme);
    // Colours take their time to change.
    await page.waitForTimeout(200);
  }
}
