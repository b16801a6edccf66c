import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { expect, test } from "vitest";

test("a page that splits its code loads charts with the first one alone", async () => {
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
  const drawsCharts = outputFiles.filter(({ text }) => text.includes("linearGradient"));
  expect(drawsCharts.map(({ path }) => path)).toEqual([expect.stringMatching(/^\/chart-/)]);
});
