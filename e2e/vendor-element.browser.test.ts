// The page with another chat element than ours: a stand-in for the vendor's script, in every way it can come or stay away.

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import axe, { type AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { hasChromium, launchBrowser } from "./browser.ts";
import { startSidecar, type Sidecar } from "./sidecar.ts";
import { startUpstream } from "./upstream.ts";

/** Registers the tag as the vendor's script does, and keeps what it was given. */
const standIn = (afterOptions: string) => `
customElements.define("openai-chatkit", class extends HTMLElement {
  setOptions(options) {
    window.given = options;
    if (this.started) return;
    this.started = true;
    const emit = (name, detail) => this.dispatchEvent(new CustomEvent(name, { detail }));
    setTimeout(() => { ${afterOptions} }, 50);
  }
  async focusComposer() {}
  async setThreadId() {}
});`;
const getsReady = standIn(`this.textContent = "The vendor's chat"; emit("chatkit.ready");`);
const objects = standIn(
  `emit("chatkit.error", { error: new Error("Domain verification failed for this host") });`,
);
const framed = standIn(`
  for (const path of ["/deployments/frame.html", "/elsewhere/frame.html"]) {
    const frame = document.createElement("iframe");
    frame.src = new URL(path, "HERE").href;
    this.append(frame);
  }
  emit("chatkit.ready");`);

describe.skipIf(!hasChromium)("SIDEKIT_ELEMENT", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test("auto: a script that cannot be loaded is no matter for long", async () => {
    await using host = await serveScript((_path, response) => response.writeHead(404).end());
    await using sidecar = await start("auto", host);
    const { page } = await open(browser, sidecar);
    await page.getByText("Its script could not be loaded from 127.0.0.1").waitFor();
    await expectAccessible(page);
    await expectConversationWithOurs(page);
    await page.context().close();
  });

  test("auto: one that hangs is waited for five seconds, and does no harm when it comes after all", async () => {
    const held: ServerResponse[] = [];
    await using host = await serveScript((_path, response) => held.push(response));
    await using sidecar = await start("auto", host);
    const startedMs = performance.now();
    const { page, faults } = await open(browser, sidecar);
    await page.getByText("It did not get ready within five seconds.").waitFor();
    expect(performance.now() - startedMs).toBeGreaterThan(5000);
    for (const response of held) response.writeHead(200, scriptHeaders).end(getsReady);
    await page.waitForFunction(() => customElements.get("openai-chatkit") !== undefined);
    await expectConversationWithOurs(page);
    expect(await page.getByText("The vendor's chat").count()).toBe(0);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("auto: an element that objects to the domain is replaced", async () => {
    await using host = await serveScript(script(objects));
    await using sidecar = await start("auto", host);
    const { page } = await open(browser, sidecar);
    await page.getByText("its domain key does not fit").waitFor();
    await expectConversationWithOurs(page);
    await page.context().close();
  });

  test("auto: one that never says that it is ready is replaced", async () => {
    await using host = await serveScript(script(standIn("")));
    await using sidecar = await start("auto", host);
    const { page } = await open(browser, sidecar);
    await page.getByText("It did not get ready within five seconds.").waitFor();
    await expectConversationWithOurs(page);
    await page.context().close();
  });

  test("auto and vendor: one that works is used, with this sidecar's endpoint and the domain key", async () => {
    await using host = await serveScript(script(getsReady));
    for (const element of ["auto", "vendor"]) {
      await using sidecar = await start(element, host, { SIDEKIT_DOMAIN_KEY: "domain_pk_0123" });
      const { page, faults } = await open(browser, sidecar);
      await page.getByText("The vendor's chat").waitFor();
      expect(await page.evaluate<unknown>("JSON.parse(JSON.stringify(window.given.api))")).toMatchObject({
        url: `${sidecar.url}/chatkit`,
        domainKey: "domain_pk_0123",
      });
      await page.waitForTimeout(5500);
      expect(await page.locator("openai-chatkit").count()).toBe(1);
      expect(await page.locator("sidekit-chat").count()).toBe(0);
      expect(await page.getByText("Sidekit’s own").count()).toBe(0);
      // Our own element is not even loaded.
      expect(await page.evaluate(() => customElements.get("sidekit-chat"))).toBeUndefined();
      expect(faults).toEqual([]);
      await page.context().close();
    }
    // From its own address each time, which hears nothing of where the page is.
    expect(host.requests.map(({ url }) => url)).toEqual([scriptPath, scriptPath]);
    expect(host.requests.map(({ headers }) => headers.referer)).toEqual([undefined, undefined]);
  });

  test("vendor: a hosted session is talked to with it, which gets its secret from the page", async () => {
    await using upstream = await startUpstream();
    await using host = await serveScript(script(getsReady));
    await using sidecar = await start("vendor", host, {
      OPENAI_API_KEY: upstream.apiKey,
      OPENAI_BASE_URL: upstream.baseUrl,
      SIDEKIT_ISSUER: "hosted",
      SIDEKIT_WORKFLOW_ID: "wf_0123456789",
    });
    const { page } = await open(browser, sidecar);
    await page.getByText("The vendor's chat").waitFor();
    expect(await page.evaluate<unknown>("window.given.api.getClientSecret(null)")).toMatch(/^ek_/);
    await page.context().close();
  });

  test("vendor: without its script the page says so, and shows no other", async () => {
    await using host = await serveScript((_path, response) => response.writeHead(500).end());
    await using sidecar = await start("vendor", host);
    const { page } = await open(browser, sidecar);
    await page.getByRole("heading", { name: "The chat element could not be loaded" }).waitFor();
    await expectAccessible(page);
    expect(await page.locator("sidekit-chat, openai-chatkit").count()).toBe(0);
    await page.context().close();
  });

  test("S25: the policy lets in the frame beside the script, and nothing else of that host", async () => {
    const visited: string[] = [];
    await using host = await serveScript((path, response) => {
      visited.push(path);
      if (path === scriptPath)
        response.writeHead(200, scriptHeaders).end(framed.replace("HERE", host.origin));
      else response.writeHead(200, { "content-type": "text/html" }).end("<p>frame</p>");
    });
    await using sidecar = await start("vendor", host);
    const { page, faults } = await open(browser, sidecar);
    await expect.poll(() => faults.join()).toMatch(/frame-src/);
    expect(visited).toContain("/deployments/frame.html");
    expect(visited).not.toContain("/elsewhere/frame.html");
    await page.context().close();
  });
});

const scriptPath = "/deployments/chatkit.js";
const scriptHeaders = { "content-type": "text/javascript" };

interface ScriptHost extends AsyncDisposable {
  readonly origin: string;
  readonly requests: readonly IncomingMessage[];
}

function script(code: string) {
  return (_path: string, response: ServerResponse) => response.writeHead(200, scriptHeaders).end(code);
}

async function serveScript(answer: (path: string, response: ServerResponse) => unknown): Promise<ScriptHost> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request.url ?? "", response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function start(element: string, host: ScriptHost, more: Record<string, string> = {}): Promise<Sidecar> {
  const env = { SIDEKIT_ELEMENT: element, SIDEKIT_ELEMENT_SCRIPT: host.origin + scriptPath, ...more };
  return startSidecar({ env });
}

async function open(browser: Browser, sidecar: Sidecar) {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(15_000);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (line) => {
    if (line.type() === "error") faults.push(line.text());
  });
  // Not until everything has come: some of it never does.
  await page.goto(`${sidecar.url}/#launch=${sidecar.launchToken}`, { waitUntil: "domcontentloaded" });
  return { page, faults };
}

async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>("axe.run()");
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
}

async function expectConversationWithOurs(page: Page): Promise<void> {
  const composer = page.locator("sidekit-chat").getByRole("textbox").first();
  await composer.fill("Are you there?");
  await composer.press("Enter");
  await page.locator("sidekit-chat .answer").first().waitFor();
  expect(await page.locator("openai-chatkit").count()).toBe(0);
}
