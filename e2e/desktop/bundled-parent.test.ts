// A parent as applications and extensions ship it: bundled, in either module format.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { build } from "esbuild";
import { afterAll, expect, test } from "vitest";

import { run } from "../child-process.ts";
import { sidecarEntry } from "./parent.ts";

const directory = mkdtempSync(join(tmpdir(), "sidekit-bundle-"));
const parent = `
import { Secret, spawnSidecar } from "@sidekit/sidecar-host";

async function main() {
  const sidecar = await spawnSidecar({
    entry: process.argv[2],
    environment: { SIDEKIT_DATA_DIR: process.argv[3], SIDEKIT_ALLOW_ROOT: "yes" },
    keys: { upstream: new Secret("sk-proj-aaaa1c9be27d08A6535e71") },
  });
  await sidecar.address(AbortSignal.timeout(5000));
  console.log(sidecar.state.kind);
  await sidecar.close();
  console.log(sidecar.state.kind);
}
void main();
`;

afterAll(() => rmSync(directory, { recursive: true }));

test.each([
  ["esm", "parent.mjs"],
  ["cjs", "parent.cjs"],
] as const)("bundled as %s it starts a sidecar and ends it", async (format, name) => {
  const outfile = join(directory, name);
  await build({
    stdin: { contents: parent, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    platform: "node",
    target: "node22",
    format,
    outfile,
    // Of the reader of keychains, which a parent has no use for: it looks for a file beside itself.
    logOverride: { "empty-import-meta": "silent" },
  });
  const ran = await run(process.execPath, [outfile, sidecarEntry, join(directory, format)]);
  expect(ran, ran.stderr).toMatchObject({ status: 0, stdout: "running\nclosed\n" });
});
