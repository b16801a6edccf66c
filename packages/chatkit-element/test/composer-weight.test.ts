import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { expect, test } from "vitest";

test("a page that splits its code loads what records speech with the first dictation alone", async () => {
  const { outputFiles } = await build({
    entryPoints: { element: fileURLToPath(new URL("../src/index.ts", import.meta.url)) },
    bundle: true,
    splitting: true,
    write: false,
    format: "esm",
    outdir: "/",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const records = outputFiles.filter(({ text }) => text.includes("getUserMedia"));
  expect(records.map(({ path }) => path)).toEqual([expect.stringMatching(/^\/recording-/)]);
});
