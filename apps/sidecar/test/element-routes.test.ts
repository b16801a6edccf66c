// The element's files over HTTP. Whether they are a chat, browsers find out elsewhere.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";

import { fastify, type FastifyInstance } from "fastify";
import { afterEach, beforeEach, expect, test } from "vitest";

import { EdgeError } from "../src/errors.ts";
import { elementRoutes } from "../src/routes/element.ts";
import { startApp } from "./fixture.ts";

let folder: string;
let distDir: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sidekit-element-"));
  distDir = join(folder, "element");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("the script is asked for each time and confirmed, its parts are kept for good", async () => {
  build("first");
  await using served = await serve();
  const script = await served.app.inject("/element/sidekit-chat.js");
  expect(script.headers["content-type"]).toMatch(/^(?:text|application)\/javascript/);
  expect(script.headers["cache-control"]).toBe("no-cache");
  const again = await served.app.inject({
    url: "/element/sidekit-chat.js",
    headers: { "if-none-match": String(script.headers["etag"]) },
  });
  expect(again.statusCode).toBe(304);

  const part = await served.app.inject("/element/parts/chunk-ABCDEFGH.js");
  expect(part.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  expect(part.body).toBe("first");
});

test("a browser that says so gets the file that the build has compressed, and every other the file itself", async () => {
  build("first");
  const path = join(distDir, "parts/chunk-ABCDEFGH.js");
  writeFileSync(`${path}.br`, brotliCompressSync("first"));
  writeFileSync(`${path}.gz`, gzipSync("first"));
  await using served = await serve();
  const ask = (accepted: string) =>
    served.app.inject({ url: "/element/parts/chunk-ABCDEFGH.js", headers: { "accept-encoding": accepted } });
  const small = await ask("gzip, deflate, br, zstd");
  expect(small.headers["content-encoding"]).toBe("br");
  expect(small.headers["content-type"]).toMatch(/javascript/);
  expect(String(small.headers["vary"]).toLowerCase()).toContain("accept-encoding");
  expect(brotliDecompressSync(small.rawPayload).toString()).toBe("first");
  expect(gunzipSync((await ask("gzip")).rawPayload).toString()).toBe("first");
  const plain = await ask("identity");
  expect(plain.headers["content-encoding"]).toBeUndefined();
  expect(plain.body).toBe("first");
});

test("nothing but what the build left is served", async () => {
  build("first");
  writeFileSync(join(folder, "outside.js"), "outside");
  await using served = await serve();
  for (const path of ["parts/", "parts/..%2fsidekit-chat.js", "parts/%2e%2e%2f..%2foutside.js", "other.js"]) {
    expect((await served.app.inject(`/element/${path}`)).statusCode, path).toBe(404);
  }
});

test("without a build it says how to make one", async () => {
  await using served = await serve();
  const answer = await served.app.inject("/element/sidekit-chat.js");
  expect(answer.statusCode).toBe(503);
});

test("S17, S21, S25: only pages of allowed origins may load it, under the headers of everything else", async () => {
  await using app = await startApp({ SIDEKIT_ALLOWED_ORIGINS: "https://shop.example" });
  const ask = (origin: string) =>
    fetch(`${app.url}/element/sidekit-chat.js`, { headers: { origin }, signal: AbortSignal.timeout(10_000) });
  const allowed = await ask("https://shop.example");
  expect(allowed.headers.get("access-control-allow-origin")).toBe("https://shop.example");
  expect(allowed.headers.get("vary")).toMatch(/^Origin\b/);
  expect(allowed.headers.get("x-content-type-options")).toBe("nosniff");
  expect(allowed.headers.get("content-security-policy")).toBe(
    "default-src 'none';base-uri 'none';frame-ancestors 'none'",
  );
  const refused = await ask("https://evil.example");
  expect(refused.status).toBe(403);
  expect(refused.headers.get("access-control-allow-origin")).toBeNull();
});

function build(content: string): void {
  mkdirSync(join(distDir, "parts"), { recursive: true });
  writeFileSync(join(distDir, "sidekit-chat.js"), 'import "./parts/chunk-ABCDEFGH.js";');
  writeFileSync(join(distDir, "index.js"), 'export * from "./parts/chunk-ABCDEFGH.js";');
  writeFileSync(join(distDir, "parts/chunk-ABCDEFGH.js"), content);
}

async function serve(): Promise<{ app: FastifyInstance } & AsyncDisposable> {
  const app = fastify();
  app.setErrorHandler((error, _request, reply) =>
    reply.code(error instanceof EdgeError && error.code === "not_found" ? 404 : 503).send(),
  );
  await app.register(elementRoutes, { distDir });
  return { app, [Symbol.asyncDispose]: () => app.close() };
}
