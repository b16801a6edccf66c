// A page with the element in it, for tests: served elsewhere than the sidecar, with options that a test chooses, and
// with a record of what reaches the sidecar's ChatKit endpoint.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import type { Browser, Page } from "playwright-core";

import { mint } from "./chat.ts";
import type { Sidecar } from "./sidecar.ts";

export interface PageHost extends AsyncDisposable {
  readonly origin: string;
  /** Where the page finds the element and its server; known once the sidecar runs. */
  sidecarUrl: string;
}

export interface ElementPage extends AsyncDisposable {
  readonly page: Page;
  /** The types of requests that the sidecar has accepted since the last time this was asked, in order. */
  taken(): string[];
  /** All that has been accepted and not been taken. */
  readonly accepted: readonly string[];
}

const html = (sidecarUrl: string) => `<!doctype html>
<html lang="en">
  <title>Page</title>
  <style>body { margin: 0 } sidekit-chat { display: block; height: 100dvh }</style>
  <script type="module" src="${sidecarUrl}/element/sidekit-chat.js"></script>
  <main><h1 hidden>Page</h1><sidekit-chat></sidekit-chat></main>
</html>`;

/** Its origin has to be among the sidecar's allowed ones. */
export async function servePages(): Promise<PageHost> {
  const server = createServer((request, response) => {
    if (request.url === "/")
      response.writeHead(200, { "content-type": "text/html" }).end(html(host.sidecarUrl));
    else response.writeHead(204).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const host: PageHost = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sidecarUrl: "",
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return host;
}

/** `options` is the text of an object: what the page says to the element besides where its server is. */
export async function openElementPage(
  browser: Browser,
  host: PageHost,
  sidecar: Sidecar,
  { profile, options = "{}" }: { readonly profile: string; readonly options?: string },
): Promise<ElementPage> {
  const context = await browser.newContext({ viewport: { width: 900, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const accepted: string[] = [];
  page.on("response", (response) => {
    if (response.url() !== `${sidecar.url}/chatkit` || response.status() !== 200) return;
    const asked = JSON.parse(response.request().postData() ?? "{}");
    accepted.push(String(asked.type));
  });
  await page.goto(host.origin);
  const secret = await mint(sidecar, { profile });
  await page.evaluate(`customElements.whenDefined("sidekit-chat").then(() => {
    window.changeAnswer = null;
    const authorized = async (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set("authorization", "Bearer ${secret}");
      const response = await fetch(input, { ...init, headers });
      if (window.changeAnswer === null || !response.ok) return response;
      return new Response(window.changeAnswer(await response.text()), response);
    };
    document.querySelector("sidekit-chat").setOptions({
      api: {
        url: "${sidecar.url}/chatkit",
        domainKey: "local",
        fetch: authorized,
        uploadStrategy: { type: "two_phase" },
      },
      locale: "en",
      ...${options},
    });
  })`);
  return {
    page,
    accepted,
    taken: () => accepted.splice(0),
    [Symbol.asyncDispose]: () => context.close(),
  };
}
