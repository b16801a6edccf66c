// What the doctor says of the page's chat element: ours, and the vendor's from a script that is there, is not, or is none.

import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

import { expect, test } from "vitest";

import { elementCheck } from "../src/doctor/element-check.ts";
import { parseConfig } from "../src/config.ts";

test("our own element needs no key and no other host", async () => {
  expect(await found({})).toEqual([
    { status: "ok", what: "The page loads Sidekit's own chat element, which needs no domain key." },
  ]);
});

test("a script that is there, on this machine", async () => {
  await using host = await serve((_request, response) =>
    response.writeHead(200, { "content-type": "text/javascript" }).end("export {};"),
  );
  expect(await found({ SIDEKIT_ELEMENT: "vendor", SIDEKIT_ELEMENT_SCRIPT: host.script })).toMatchObject([
    { status: "ok", what: expect.stringContaining("can be had from 127.0.0.1") },
    { status: "ok", what: expect.stringContaining("takes any domain key") },
  ]);
});

test.each([
  ["vendor", "broken"],
  ["auto", "warning"],
])("a script that is none, for %s: %s", async (SIDEKIT_ELEMENT, status) => {
  await using host = await serve((_request, response) =>
    response.writeHead(200, { "content-type": "text/html" }).end("<p>Sign in to this network"),
  );
  const [script] = await found({ SIDEKIT_ELEMENT, SIDEKIT_ELEMENT_SCRIPT: host.script });
  expect(script).toMatchObject({ status, what: expect.stringContaining("(no script)") });
  await host.close();
  const [unreachable] = await found({ SIDEKIT_ELEMENT, SIDEKIT_ELEMENT_SCRIPT: host.script });
  expect(unreachable).toMatchObject({ status, what: expect.stringContaining("(ECONNREFUSED)") });
});

test("a public name without a domain key, and with one", async () => {
  await using host = await serve((_request, response) => response.writeHead(404).end());
  const settings = { SIDEKIT_ELEMENT: "vendor", SIDEKIT_ELEMENT_SCRIPT: host.script };
  const at = "https://chat.example.com";
  const [script, domain] = await found(settings, at);
  expect(script).toMatchObject({ status: "broken", what: expect.stringContaining("(HTTP 404)") });
  expect(domain).toMatchObject({ status: "broken", mend: expect.stringContaining("SIDEKIT_DOMAIN_KEY") });
  const [, withKey] = await found({ ...settings, SIDEKIT_DOMAIN_KEY: "domain_pk_0123" }, at);
  expect(withKey).toMatchObject({ status: "ok" });
  expect(JSON.stringify(withKey)).not.toContain("domain_pk_0123");
});

function found(settings: Record<string, string>, publicUrl = "http://127.0.0.1:4310") {
  const { element } = parseConfig(settings);
  return elementCheck({ element, publicUrl: () => publicUrl, fetch }).run(AbortSignal.timeout(5_000));
}

async function serve(answer: RequestListener) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async () => {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return {
    script: `http://127.0.0.1:${(server.address() as AddressInfo).port}/chatkit.js`,
    close,
    [Symbol.asyncDispose]: close,
  };
}
