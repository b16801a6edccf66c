// The files of the Integrate page, run as they are: three pages in a browser and a server in Node, with a real sidecar.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import {
  createServer,
  request as ask,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createToken } from "@sidekit/chat-session";
import { build, type Plugin } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { compileScript, compileStyle, parse } from "vue/compiler-sfc";

import { hasChromium, launchBrowser } from "./browser.ts";
import { blocksOf, root } from "./doc-examples.ts";
import { startSidecar, type Sidecar } from "./sidecar.ts";

const snippets = join(root, "apps/ui/snippets");
const writtenSidekit = "http://127.0.0.1:4310";

describe.skipIf(!hasChromium)("the files of the Integrate page", () => {
  let browser: Browser;
  let pages: PageHost;
  let sidecar: Sidecar;
  let own: OwnServer;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "sidekit-snippets-"));
    browser = await launchBrowser();
    pages = await servePages();
    const key = makeServiceKey();
    const keysFile = join(folder, "service-keys.json");
    writeFileSync(keysFile, JSON.stringify({ keys: [key.record] }));
    chmodSync(keysFile, 0o600);
    sidecar = await startSidecar({
      env: { SIDEKIT_ALLOWED_ORIGINS: pages.origin, SIDEKIT_SERVICE_KEYS_FILE: keysFile },
    });
    pages.launchToken = sidecar.launchToken;
    own = await startOwnServer(folder, sidecar.url, key.secret);
    pages.ownServer = own.port;
  }, 60_000);
  afterAll(async () => {
    own?.stop();
    await sidecar?.[Symbol.asyncDispose]();
    await pages.close();
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("server.ts hands out sessions of the user who is signed in, and of nobody's making but its own", async () => {
    const answer = await fetch(`http://127.0.0.1:${own.port}/api/chat-session`, { method: "POST" });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      status: "active",
      clientSecret: expect.stringMatching(/^ckss_/),
      api: { kind: "self-hosted", url: `${sidecar.url}/chatkit` },
    });
    expect((await fetch(`http://127.0.0.1:${own.port}/elsewhere`, { method: "POST" })).status).toBe(404);
  });

  test("plain.html is a chat, with nothing built", async () => {
    pages.files.set("/", ["text/html", written("plain.html", sidecar)]);
    await expectChat(browser, pages.origin, "sidekit-chat");
  });

  test("so are the lines of the README, with such an authorizedFetch", async () => {
    const [lines = ""] = blocksOf("README.md", "html");
    const [, own = ""] = /(let session = [^]*?\n {6}\})\n/.exec(written("plain.html", sidecar)) ?? [];
    const [script = "", chat = ""] = lines.replaceAll(writtenSidekit, sidecar.url).split(/(?=<sidekit-chat)/);
    pages.files.set("/", ["text/html", `<!doctype html>${script}<script>${own}</script>${chat}`]);
    await expectChat(browser, pages.origin, "sidekit-chat");
  });

  test("react.tsx is a chat, driven by the vendor's binding", async () => {
    await bundlePage(
      `import { createElement } from "react";
       import { createRoot } from "react-dom/client";
       import { Chat } from "the-snippet";
       createRoot(document.querySelector("#app")).render(createElement(Chat));`,
      { contents: written("react.tsx", sidecar), loader: "tsx" },
    );
    await expectChat(browser, pages.origin, "openai-chatkit");
  });

  test("vue.vue is a chat", async () => {
    const { script, css } = compiled(written("vue.vue", sidecar));
    pages.files.set("/page.css", ["text/css", css]);
    await bundlePage(
      `import { createApp } from "vue";
       import Chat from "the-snippet";
       createApp(Chat).mount("#app");`,
      { contents: script, loader: "ts" },
    );
    await expectChat(browser, pages.origin, "sidekit-chat");
  });

  /** A page of an application that has this file among its own. */
  async function bundlePage(
    entry: string,
    snippet: { contents: string; loader: "ts" | "tsx" },
  ): Promise<void> {
    const theSnippet: Plugin = {
      name: "the-snippet",
      setup(on) {
        on.onResolve({ filter: /^the-snippet$/ }, () => ({ path: "snippet", namespace: "snippet" }));
        on.onLoad({ filter: /.*/, namespace: "snippet" }, () => ({ ...snippet, resolveDir: snippets }));
      },
    };
    const { outputFiles } = await build({
      stdin: { contents: entry, resolveDir: import.meta.dirname },
      bundle: true,
      write: false,
      format: "esm",
      jsx: "automatic",
      // Of this package: the application's own, of which the page that shows the file has no copy.
      alias: { vue: createRequire(import.meta.url).resolve("vue/dist/vue.runtime.esm-bundler.js") },
      define: {
        "process.env.NODE_ENV": '"production"',
        __VUE_OPTIONS_API__: "false",
        __VUE_PROD_DEVTOOLS__: "false",
        __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
      },
      plugins: [theSnippet],
    });
    pages.files.set("/page.js", ["text/javascript", outputFiles[0]?.text ?? ""]);
    pages.files.set("/", [
      "text/html",
      '<!doctype html><html lang="en"><title>Chat</title><link rel="stylesheet" href="/page.css"><div id="app"></div><script type="module" src="/page.js"></script></html>',
    ]);
  }
});

/** With the address of this test's sidecar in place of the usual one. */
function written(file: string, sidecar: Sidecar): string {
  const text = readFileSync(join(snippets, file), "utf8");
  expect(text).toContain(writtenSidekit);
  return text.replaceAll(writtenSidekit, sidecar.url);
}

/** As Vue's plugin for a bundler would, with what the file's first line says about its compiler. */
function compiled(text: string): { readonly script: string; readonly css: string } {
  const { descriptor, errors } = parse(text);
  expect(errors).toEqual([]);
  expect(text).toContain('isCustomElement: (tag) => tag === "sidekit-chat"');
  const { content } = compileScript(descriptor, {
    id: "chat",
    inlineTemplate: true,
    genDefaultAs: "component",
    templateOptions: { compilerOptions: { isCustomElement: (tag) => tag === "sidekit-chat" } },
  });
  const source = descriptor.styles.map((style) => style.content).join("\n");
  const { code } = compileStyle({ source, filename: "chat.vue", id: "data-v-chat", scoped: true });
  return {
    script: `${content}\nexport default Object.assign(component, { __scopeId: "data-v-chat" });`,
    css: code,
  };
}

/** A question and its whole answer, without anything on the console. */
async function expectChat(browser: Browser, url: string, tag: string): Promise<void> {
  const page: Page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(15_000);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (line) => {
    if (line.type() === "error") faults.push(line.text());
  });
  await page.goto(url);
  const composer = page.locator(tag).getByRole("textbox").first();
  await composer.fill("Hello there");
  await composer.press("Enter");
  await page
    .locator(tag)
    .getByText("You wrote “Hello there”.")
    .first()
    .waitFor()
    .catch(async (late: unknown) => {
      const shown = await page.locator(tag).evaluate((it) => it.shadowRoot?.textContent);
      throw new Error(`The page shows: ${shown}\n${faults.join("\n")}`, { cause: late });
    });
  expect(faults.filter((fault) => !fault.includes("favicon"))).toEqual([]);
  expect(await page.locator(tag).evaluate((it) => it.clientHeight)).toBeGreaterThan(300);
  await page.context().close();
}

interface PageHost {
  readonly origin: string;
  readonly files: Map<string, readonly [mediaType: string, text: string]>;
  launchToken: string;
  ownServer: number;
  close(): Promise<void>;
}

/** The application's pages, and its routes: an access token of its own, and what server.ts answers. */
async function servePages(): Promise<PageHost> {
  const server = await listening(
    createServer((request, response) => {
      const file = host.files.get(request.url ?? "");
      if (file !== undefined) response.writeHead(200, { "content-type": file[0] }).end(file[1]);
      else if (request.url === "/api/access-token") response.end(host.launchToken);
      else if (request.url === "/api/chat-session") passOn(request, response, host.ownServer);
      else response.writeHead(204).end();
    }),
  );
  const host: PageHost = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files: new Map(),
    launchToken: "",
    ownServer: 0,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return host;
}

function passOn(request: IncomingMessage, response: ServerResponse, port: number): void {
  const onward = ask({ host: "127.0.0.1", port, method: request.method, path: request.url }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  request.pipe(onward);
}

async function listening(server: Server): Promise<Server> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

interface OwnServer {
  readonly port: number;
  stop(): void;
}

/** server.ts in a process of its own, on a port that is free. */
async function startOwnServer(folder: string, sidekit: string, key: string): Promise<OwnServer> {
  const probe = await listening(createServer());
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  const text = readFileSync(join(snippets, "server.ts"), "utf8");
  expect(text).toContain(".listen(3000,");
  // Beside the others, where its imports are found.
  const file = join(snippets, `.server-${process.pid}.ts`);
  writeFileSync(file, text.replaceAll(writtenSidekit, sidekit).replace(".listen(3000,", `.listen(${port},`));
  const child = spawn(process.execPath, [file], {
    env: { PATH: process.env["PATH"], SIDEKIT_SERVICE_KEY: key },
    stdio: ["ignore", "inherit", "inherit"],
    cwd: folder,
  });
  await vi.waitFor(() => fetch(`http://127.0.0.1:${port}/`), { timeout: 10_000, interval: 50 });
  rmSync(file);
  return { port, stop: () => child.kill() };
}

/** As `sidekit service-key create` makes one. */
function makeServiceKey() {
  const secret = createToken("cksv_");
  const hash = createHash("sha256").update(secret).digest("hex");
  return { secret, record: { id: "backend", hash, tenant: "acme", rights: ["sessions", "impersonate"] } };
}
