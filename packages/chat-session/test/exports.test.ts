import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";
import { expect, test } from "vitest";

const manifest: { name: string; exports: Record<string, string> } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
);

/** What a page downloads for the client, measured at 34 KB and 12 KB, with room for a patch release. */
const maxBytes = 36_000;
const maxGzippedBytes = 12_500;

test.each(Object.keys(manifest.exports))(
  "%s can be imported by name and names something",
  async (subpath) => {
    const entry = await import(`${manifest.name}${subpath.slice(1)}`);
    expect(Object.keys(entry).length).toBeGreaterThan(0);
    expect(entry.default).toBeUndefined();
  },
);

test("the client bundles for a browser without server code", async () => {
  const result = await build({
    entryPoints: [new URL("../src/client.ts", import.meta.url).pathname],
    bundle: true,
    minify: true,
    format: "esm",
    // The browser platform fails on any import of a Node module.
    platform: "browser",
    metafile: true,
    absWorkingDir: fileURLToPath(new URL("..", import.meta.url)),
    write: false,
    logLevel: "silent",
  });
  const inputs = Object.keys(result.metafile.inputs);
  const code = result.outputFiles[0]!;
  expect(inputs.filter((path) => /\/zod\/|\/openai\/|\/fastify\//.test(path))).toEqual([]);
  const ours = inputs.filter((path) => path.startsWith("src/")).sort();
  expect(ours).toEqual([
    "src/abortable.ts",
    "src/client.ts",
    "src/client/chatkit-fetch.ts",
    "src/client/client-error.ts",
    "src/client/session-events.ts",
    "src/client/session-keeper.ts",
    "src/client/stoppable-response.ts",
  ]);
  expect(code.text).not.toMatch(/node:|apiKey=|OPENAI_|ckbs_/);
  const sizes = { bytes: code.contents.length, gzipped: gzipSync(code.contents).length };
  console.log(`client bundle: ${sizes.bytes} bytes, ${sizes.gzipped} gzipped`);
  expect(sizes.bytes).toBeLessThan(maxBytes);
  expect(sizes.gzipped).toBeLessThan(maxGzippedBytes);
});

test("nothing that the router's types reach imports a Node module", () => {
  const seen = new Set<string>();
  const visit = (url: URL): void => {
    if (seen.has(url.href)) return;
    seen.add(url.href);
    const source = readFileSync(url, "utf8");
    expect(source, url.pathname).not.toMatch(/from "node:/);
    for (const [, path] of source.matchAll(/from "(\.[^"]+)"/g)) visit(new URL(path!, url));
  };
  visit(new URL("../src/router.ts", import.meta.url));
  visit(new URL("../src/client.ts", import.meta.url));
  expect(seen.size).toBeGreaterThan(8);
});
