/// <reference lib="dom" />
// Pages of other sites, and of names that were made to point here, in a real browser.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { hasChromium, launchBrowser } from "../browser.ts";
import { mint } from "../chat.ts";
import { startSidecar, type Sidecar } from "../sidecar.ts";
import { createSession, logLines, minted } from "./target.ts";

interface Reply {
  readonly result: { readonly data: { readonly clientSecret: string } };
}

describe.skipIf(!hasChromium)("in Chromium", () => {
  let sidecar: Sidecar;
  let site: Server;
  let browser: Browser;
  let page: Page;
  let evil: string;

  beforeAll(async () => {
    site = createServer((_request, response) =>
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Evil</title>"),
    ).listen(0, "127.0.0.1");
    browser = await launchBrowser({ names: ["evil.test", "rebind.test"] });
    sidecar = await startSidecar();
    evil = `http://evil.test:${(site.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await browser.close();
    site.close();
    await sidecar[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    page = await browser.newPage();
    await page.goto(`${evil}/`);
  });
  afterEach(async () => {
    await page.close();
    expect(await minted(sidecar)).toBe(0);
  });

  /** What the sidecar answered since there were so many lines. */
  const statusesSince = (from: number) =>
    logLines(sidecar)
      .slice(from)
      .flatMap(({ event, status }) => (event === "request" ? [status] : []));

  test("S17, S24: no fetch of another site gets through, simple or preflighted, with the credential too", async () => {
    const from = logLines(sidecar).length;
    const outcomes = await page.evaluate(
      async ({ url, path, token }) => {
        const attempts: [string, RequestInit][] = [
          ["/healthz", {}],
          ["/trpc/system.info", {}],
          [path, { method: "POST", body: "{}" }],
          [path, { method: "POST", body: "{}", mode: "no-cors" }],
          [path, { method: "POST", body: new URLSearchParams({ a: "b" }), mode: "no-cors" }],
          [path, { method: "POST", body: new FormData(), mode: "no-cors" }],
          [path, { method: "POST", body: new Blob(["{}"], { type: "text/plain" }), mode: "no-cors" }],
          [
            path,
            {
              method: "POST",
              body: "{}",
              headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
            },
          ],
          ["/chatkit", { method: "POST", body: "{}", credentials: "include" }],
          ["/healthz", { mode: "no-cors" }],
          ["/healthz", { redirect: "manual", cache: "reload" }],
        ];
        return Promise.all(
          attempts.map(([to, init]) =>
            fetch(url + to, init).then(
              (response) => (response.type === "opaque" ? "opaque" : `read ${response.status}`),
              () => "failed",
            ),
          ),
        );
      },
      { url: sidecar.url, path: createSession, token: sidecar.launchToken },
    );
    expect(outcomes.filter((outcome) => outcome.startsWith("read"))).toEqual([]);
    const statuses = statusesSince(from);
    expect(statuses.length).toBeGreaterThan(5);
    expect(new Set(statuses)).toEqual(new Set([403]));
  });

  test("S86: no WebSocket, no EventSource, no beacon", async () => {
    const from = logLines(sidecar).length;
    const outcomes = await page.evaluate(
      async ({ url, path, token }) => {
        const socket = (to: string, protocols?: string[]) =>
          new Promise<string>((resolve) => {
            const made = new WebSocket(to, protocols);
            made.addEventListener("open", () => resolve("open"));
            made.addEventListener("error", () => resolve("failed"));
          });
        const source = new Promise<string>((resolve) => {
          const made = new EventSource(`${url}/trpc/chatSession.onSessionEvent`);
          made.addEventListener("open", () => resolve("open"));
          made.addEventListener("error", () => (made.close(), resolve("failed")));
        });
        navigator.sendBeacon(url + path, "{}");
        navigator.sendBeacon(url + path, new Blob(["{}"], { type: "text/plain" }));
        const ws = url.replace("http", "ws");
        return Promise.all([socket(`${ws}/trpc`), socket(`${ws}/chatkit`, ["bearer", token]), source]);
      },
      { url: sidecar.url, path: createSession, token: sidecar.launchToken },
    );
    expect(outcomes).toEqual(["failed", "failed", "failed"]);
    await expect.poll(() => statusesSince(from).length).toBeGreaterThanOrEqual(4);
    expect(new Set(statusesSince(from))).toEqual(new Set([403]));
  });

  test("S18: no form, no link, no frame, no script and no picture", async () => {
    const from = logLines(sidecar).length;
    const framed = await page.evaluate(
      async ({ url, path }) => {
        const settled = (element: HTMLElement) =>
          new Promise<string>((resolve) => {
            element.addEventListener("load", () => resolve("load"));
            element.addEventListener("error", () => resolve("error"));
            document.body.append(element);
          });
        const forms = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"].map(
          (enctype) => {
            const name = `frame-${enctype.length}`;
            const frame = document.createElement("iframe");
            frame.name = name;
            document.body.append(frame);
            const form = document.createElement("form");
            Object.assign(form, { method: "POST", action: url + path, enctype, target: name });
            const input = document.createElement("input");
            Object.assign(input, { name: '{"a":"', value: '"}' });
            form.append(input);
            document.body.append(form);
            return new Promise((resolve) => {
              frame.addEventListener("load", resolve);
              form.submit();
            });
          },
        );
        await Promise.all(forms);
        const script = Object.assign(document.createElement("script"), { src: `${url}/trpc/system.info` });
        const image = Object.assign(document.createElement("img"), { src: `${url}/healthz` });
        const page = Object.assign(document.createElement("iframe"), { src: `${url}/` });
        const results = await Promise.all([settled(script), settled(image), settled(page)]);
        let inside = "nothing";
        try {
          inside = page.contentDocument?.title ?? "nothing";
        } catch {}
        return [...results.slice(0, 2), inside];
      },
      { url: sidecar.url, path: createSession },
    );
    expect(framed).toEqual(["error", "error", "nothing"]);
    // The page itself may be navigated to; what it may not is to be shown in a frame.
    const shown = page
      .frames()
      .find((frame) => frame.url().startsWith(sidecar.url) && frame !== page.mainFrame());
    expect(await shown?.title().catch(() => "")).toBeFalsy();
    const posted = statusesSince(from).filter((status) => status !== 200);
    expect(posted.length).toBeGreaterThanOrEqual(5);
    expect(new Set(posted)).toEqual(new Set([403]));
  });

  test("S18: an address of data leads nowhere, typed or linked", async () => {
    for (const path of ["/trpc/system.info", "/healthz", "/readyz", "/trpc/chatSession.listSessions"]) {
      const answer = await page.goto(`${sidecar.url}${path}`);
      expect(answer?.status(), path).toBe(403);
    }
  });

  test("S11: a name that was made to point here gets nothing, not even what its own page may read", async () => {
    const { port } = new URL(sidecar.url);
    const from = logLines(sidecar).length;
    const answer = await page.goto(`http://rebind.test:${port}/`);
    expect(answer?.status()).toBe(403);
    const outcomes = await page.evaluate(
      async ({ path, token }) => {
        const asked = [
          fetch("/healthz"),
          fetch("/trpc/system.info"),
          fetch(path, {
            method: "POST",
            body: "{}",
            headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
          }),
        ];
        return Promise.all(asked.map(async (response) => (await response).status));
      },
      { path: createSession, token: sidecar.launchToken },
    );
    expect(outcomes).toEqual([403, 403, 403]);
    expect(new Set(statusesSince(from))).toEqual(new Set([403]));
  });

  test("no service worker of another site, and none of our own that a page could smuggle in", async () => {
    const outcome = await page.evaluate(
      (url) =>
        navigator.serviceWorker === undefined
          ? "not there"
          : navigator.serviceWorker.register(`${url}/assets/worker.js`).then(
              () => "registered",
              () => "refused",
            ),
      sidecar.url,
    );
    expect(["refused", "not there"]).toContain(outcome);
    await page.goto(`${sidecar.url}/#launch=${sidecar.launchToken}`);
    const own = await page.evaluate(async () => {
      const blob = URL.createObjectURL(new Blob(["self.x=1"], { type: "text/javascript" }));
      return navigator.serviceWorker.register(blob).then(
        () => "registered",
        () => "refused",
      );
    });
    expect(own).toBe("refused");
    // The page minted for itself; the count of this file is of what others got.
    await sidecar[Symbol.asyncDispose]();
    sidecar = await startSidecar();
  });

  test("S57: a secret of one page opens nothing from another, were it even allowed", async () => {
    await using open = await startSidecar({ env: { SIDEKIT_ALLOWED_ORIGINS: `${evil},http://other.test` } });
    const outcomes = await page.evaluate(
      async ({ url, path, token }) => {
        const headers = (bearer: string) => ({
          "content-type": "application/json",
          authorization: `Bearer ${bearer}`,
        });
        const made = await fetch(url + path, { method: "POST", body: "{}", headers: headers(token) });
        const secret = ((await made.json()) as Reply).result.data.clientSecret;
        const body = '{"type":"threads.list","params":{}}';
        const asked = await fetch(`${url}/chatkit`, { method: "POST", body, headers: headers(secret) });
        return { secret, status: asked.status };
      },
      { url: open.url, path: createSession, token: open.launchToken },
    );
    expect(outcomes.status).toBe(200);
    const { host } = new URL(open.url);
    const elsewhere = await fetch(`${open.url}/chatkit`, {
      method: "POST",
      headers: {
        host,
        origin: "http://other.test",
        "content-type": "application/json",
        authorization: `Bearer ${outcomes.secret}`,
      },
      body: '{"type":"threads.list","params":{}}',
    });
    expect(elsewhere.status).toBe(401);
    expect(await mint(open)).toMatch(/^ckss_/);
  });
});
