// The example application, with the real sidecar and the page in Chromium.

import { rmSync } from "node:fs";

import { Secret } from "@sidekit/sidecar-host";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { hasChromium, launchBrowser } from "../browser.ts";
import { send } from "../raw-http.ts";
import { makeDataDir, type Sidecar } from "../sidecar.ts";
import { startUpstream, type Upstream } from "../upstream.ts";
import { replaceByImpostor } from "./impostor.ts";
import { openDesktop, type Desktop, type DesktopOptions } from "./parent.ts";

/** A name of this machine alone, whose pages may do what those of an application's own scheme may. */
const hostName = "desktop.localhost";

describe.skipIf(!hasChromium)("a window with a chat", () => {
  let browser: Browser;
  let upstream: Upstream;
  let dataDir: string;
  const lines: string[] = [];

  beforeAll(async () => {
    browser = await launchBrowser({ names: ["elsewhere.test"] });
    upstream = await startUpstream();
    dataDir = makeDataDir();
  });
  afterAll(async () => {
    await browser.close();
    await upstream[Symbol.asyncDispose]();
    rmSync(dataDir, { recursive: true });
  });

  const open = (more: Partial<DesktopOptions> = {}) =>
    openDesktop({
      ...more,
      key: new Secret(upstream.apiKey),
      browser,
      hostName,
      environment: {
        SIDEKIT_DATA_DIR: dataDir,
        SIDEKIT_ALLOW_ROOT: "yes",
        OPENAI_BASE_URL: upstream.baseUrl,
      },
      onLine: ({ text }) => lines.push(text),
    });

  test("S19, S57: its page chats, with a session that is bound to it, and never holds what mints one", async () => {
    await using desktop = await open();
    const bearers: string[] = [];
    desktop.page.on("request", (request) => bearers.push(request.headers()["authorization"] ?? ""));
    await say(desktop, "Hello");
    expect(upstream.requestsTo("responses.create").at(-1)?.headers.authorization).toBe(
      `Bearer ${upstream.apiKey}`,
    );
    expect(bearers.filter((field) => field !== "").length).toBeGreaterThan(0);
    const { url, launchToken } = await desktop.sidecar.address(AbortSignal.timeout(5000));
    const held = await desktop.page.evaluate(
      () => document.documentElement.outerHTML + JSON.stringify({ ...localStorage, ...sessionStorage }),
    );
    expect(bearers.join() + held + desktop.page.url()).not.toMatch(/ckbs_|sk-proj/);
    const secret = bearers.find((field) => field.startsWith("Bearer ckss_"));
    await desktop.sidecar.addOrigin("http://other.localhost", AbortSignal.timeout(5000));
    const elsewhere = await send({ url } as Sidecar, {
      method: "POST",
      path: "/chatkit",
      headers: {
        authorization: secret ?? "",
        "content-type": "application/json",
        origin: "http://other.localhost",
      },
      body: '{"type":"threads.list","params":{}}',
    });
    expect(elsewhere.status).toBe(401);
    expect(lines.join()).not.toContain(launchToken);
  });

  test("R57: a page that is shown after a crash chats again, by the new sidecar", async () => {
    await using desktop = await open();
    await say(desktop, "Before");
    if (desktop.sidecar.state.kind !== "running") throw new Error("It does not run.");
    const reloaded = desktop.page.waitForEvent("load");
    process.kill(desktop.sidecar.state.pid, "SIGKILL");
    await reloaded;
    await say(desktop, "After");
    expect(upstream.requestsTo("responses.create").length).toBeGreaterThan(1);
  });

  test("S5: a page whose sidecar died sends nothing to whoever took its port", async () => {
    await using desktop = await open({ restart: null });
    await say(desktop, "Hello");
    if (desktop.sidecar.state.kind !== "running") throw new Error("It does not run.");
    const { url } = await desktop.sidecar.address(AbortSignal.timeout(5000));
    using impostor = replaceByImpostor(desktop.sidecar.state.pid, url);
    await desktop.page.getByRole("textbox").first().fill("Are you still there?");
    await desktop.page.keyboard.press("Enter");
    await desktop.page.getByRole("button", { name: "Try again" }).waitFor();
    const toldByPages = impostor.told().filter((request) => !request.includes("/host/proof/"));
    expect(toldByPages).toEqual([]);
    expect(impostor.told().join()).not.toMatch(/ck[bs]s_/);
  });

  test("S14: another page gets nothing from the sidecar, and a frame nothing from the parent", async () => {
    await using desktop = await open();
    const { url } = await desktop.sidecar.address(AbortSignal.timeout(5000));
    const { port } = new URL(desktop.origin);
    const page = await browser.newPage();
    await page.goto(`http://elsewhere.test:${port}/`);
    const outcome = await page.evaluate(
      (address) =>
        fetch(`${address}/trpc/system.info`).then(
          ({ status }) => status,
          () => "failed",
        ),
      url,
    );
    expect(outcome).toBe("failed");
    await page.close();
    const refused = await desktop.page.evaluate(async () => {
      const calls = [
        { kind: "procedure", name: "apiKeys.status", input: "{}", currentSecret: null },
        { kind: "procedure", name: "chatSession.cancelAllSessions", input: "{}", currentSecret: null },
        { kind: "launchToken" },
      ];
      const ask = Reflect.get(window, "askParent") as (call: unknown) => Promise<unknown>;
      return Promise.all(
        calls.map((call) =>
          ask(call).then(
            () => "answered",
            () => "refused",
          ),
        ),
      );
    });
    expect(refused).toEqual(["refused", "refused", "refused"]);
  });
});

async function say({ page }: Desktop, text: string): Promise<void> {
  await page.getByRole("textbox").first().fill(text);
  await page.keyboard.press("Enter");
  await page.getByText("The upstream received").last().waitFor();
  await expect.poll(() => page.getByText(text).count()).toBeGreaterThan(0);
}
