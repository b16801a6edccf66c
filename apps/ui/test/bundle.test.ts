// What the built page is made of: no code of the server, no name of a key, nothing inline.

import { readdir, readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { gzipSync } from "node:zlib";

import { beforeAll, expect, inject, test } from "vitest";

const { distDir, modules, chatScripts } = inject("page");
const workspaceRoot = resolve(import.meta.dirname, "../../..");
/** Of the scripts that the chat needs, as a browser loads them. The element alone may have 190 KiB with React. */
const maxChatGzipBytes = 215_000;

interface BuiltFile {
  readonly name: string;
  readonly text: string;
}
let files: BuiltFile[];

beforeAll(async () => {
  const entries = await readdir(distDir, { recursive: true, withFileTypes: true });
  files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        return { name: relative(distDir, path), text: await readFile(path, "utf8") };
      }),
  );
});

test("only browser-side modules of the workspace are bundled", () => {
  const ours = modules.filter((id) => id.startsWith(workspaceRoot) && !id.includes("node_modules"));
  const folders = new Set(ours.map((id) => relative(workspaceRoot, id).split("/").slice(0, 2).join("/")));
  expect([...folders].sort()).toEqual(["apps/ui", "packages/chat-session", "packages/chatkit-element"]);
  const serverSide =
    /^packages\/chat-session\/src\/(index|service|router|trpc|authenticator|session-keys|token|idempotency|issuers|stores)\b/;
  expect(ours.map((id) => relative(workspaceRoot, id)).filter((path) => serverSide.test(path))).toEqual([]);
});

test("no server library is bundled", () => {
  const packages = new Set(
    modules.flatMap((id) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? []),
  );
  expect(packages).toContain("react-dom");
  const server = ["fastify", "openai", "kysely", "pino", "undici"];
  expect(server.filter((name) => packages.has(name))).toEqual([]);
  // The client library shares small parts with the server library; its procedures and adapters are not among them.
  const procedures = /\/@trpc\/server\/dist\/(adapters|initTRPC|resolveResponse|parseTRPCMessage|http)/;
  expect(modules.filter((id) => procedures.test(id))).toEqual([]);
});

test("nothing of Node, no name of a key and no source map", () => {
  const forbidden: readonly [string, RegExp][] = [
    ["an import of Node", /["'`]node:[a-z]/],
    ["the name of a key", /OPENAI_API_KEY|api_key\b/],
    ["a source map", /sourceMappingURL|sourcesContent/],
  ];
  // The page with files to copy shows one for a server, as text.
  const read = files.filter(({ name }) => !name.startsWith("assets/integrate-page-"));
  const found = read.flatMap(({ name, text }) =>
    forbidden.filter(([, pattern]) => pattern.test(text)).map(([what]) => `${name}: ${what}`),
  );
  expect(found).toEqual([]);
  expect(files.filter(({ name }) => name.endsWith(".map"))).toEqual([]);
});

test("index.html has nothing inline, and every file lies where the sidecar serves it", () => {
  const html = files.find(({ name }) => name === "index.html")!.text;
  expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:|data:/i);
  const scripts = html.match(/<script[^>]*>[^<]*<\/script>/g);
  expect(scripts).toHaveLength(1);
  expect(scripts![0]).toMatch(/<script type="module"[^>]* src="\/assets\/[^"]+-[\w-]{8}\.js"><\/script>/);
  const others = files.map(({ name }) => name).filter((name) => name !== "index.html");
  expect(others.filter((name) => !/^assets\/[^/]+-[\w-]{8}\.\w+$/.test(name))).toEqual([]);
});

test("the chat loads little, and nothing of the other pages", () => {
  const sizeOf = (names: readonly string[]) =>
    files
      .filter(({ name }) => names.includes(name))
      .reduce((sum, { text }) => sum + gzipSync(text).byteLength, 0);
  const bytes = sizeOf(chatScripts);
  console.info(`${chatScripts.length} scripts for the chat, ${(bytes / 1024).toFixed(0)} KiB with gzip`);
  expect(chatScripts.length).toBeGreaterThan(1);
  expect(bytes).toBeLessThan(maxChatGzipBytes);
  expect(chatScripts.filter((name) => /gallery|integrate|chart/.test(name))).toEqual([]);
});
