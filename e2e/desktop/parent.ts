// A desktop application in small: a parent process, its sidecar, and a window that shows a page of its own. Where an
// Electron main process has a BrowserWindow and a preload script, this has a tab of Chromium and a bound function.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import {
  answerPage,
  spawnSidecar,
  type Secret,
  type Sidecar,
  type SpawnSidecarOptions,
} from "@sidekit/sidecar-host";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";

export const sidecarEntry = join(import.meta.dirname, "../../apps/sidecar/src/main.ts");

const pageDeadlineMs = 15_000;

export interface DesktopOptions extends Pick<SpawnSidecarOptions, "environment" | "onLine" | "restart"> {
  /** From the keychain of the platform, or from whoever has just typed it. */
  readonly key: Secret;
  readonly browser: Browser;
  /** The name under which the browser knows this machine. */
  readonly hostName: string;
}

export interface Desktop extends AsyncDisposable {
  readonly sidecar: Sidecar;
  readonly page: Page;
  /** Of the page that may call. */
  readonly origin: string;
}

export async function openDesktop(options: DesktopOptions): Promise<Desktop> {
  const { key, browser, hostName, ...sidecarOptions } = options;
  await using made = new AsyncDisposableStack();
  let sidecar: Sidecar | null = null;
  const files = made.use(await servePage(() => sidecar));
  const origin = `http://${hostName}:${files.port}`;
  const page = await browser.newPage();
  made.defer(() => page.close());

  let starts = 0;
  const running = await spawnSidecar({
    ...sidecarOptions,
    entry: sidecarEntry,
    keys: { upstream: key },
    origins: [origin],
    onState(state) {
      // The sessions of the page ended with the process before, and the address is another one.
      if (state.kind === "running" && (starts += 1) > 1) void page.reload().catch(() => {});
    },
  });
  sidecar = made.use(running);
  await page.exposeBinding("askParent", ({ frame }, call: unknown) => {
    // What the frame says of itself is not asked: only the page of this window may call, and no frame within it.
    if (frame !== page.mainFrame() || new URL(frame.url()).origin !== origin) throw new Error("Not for you.");
    return answerPage(running, origin, call, AbortSignal.timeout(pageDeadlineMs));
  });
  await page.goto(`${origin}/`);
  const held = made.move();
  return { sidecar: running, page, origin, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** The application's own files. An Electron application would register a scheme of its own for them. */
async function servePage(sidecar: () => Sidecar | null) {
  const html = readFileSync(join(import.meta.dirname, "page.html"));
  const script = await bundle("page.ts");
  const server = createServer(async (request, response) => {
    const { url } =
      (await sidecar()
        ?.address(AbortSignal.timeout(pageDeadlineMs))
        .catch(() => null)) ?? {};
    response.setHeader(
      "content-security-policy",
      `default-src 'none'; script-src 'self'; style-src 'self'; connect-src ${url ?? "'none'"}`,
    );
    if (request.url === "/") return response.setHeader("content-type", "text/html").end(html);
    if (request.url === "/page.js") return response.setHeader("content-type", "text/javascript").end(script);
    return response.writeHead(404).end();
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, entry)],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2024",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return outputFiles[0]?.text ?? "";
}
