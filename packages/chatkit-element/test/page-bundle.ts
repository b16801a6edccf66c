// Builds what the browser loads, as a page of ours would.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build, type Plugin } from "esbuild";
import { compile } from "svelte/compiler";

export interface Bundle {
  readonly code: string;
  readonly gzipBytes: number;
}

/** Bundles one entry of this folder, minified, for production unless it is said otherwise. */
export async function bundle(entry: string, mode = "production"): Promise<Bundle> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2024",
    jsx: "automatic",
    plugins: [svelte],
    define: { "process.env.NODE_ENV": JSON.stringify(mode) },
  });
  const code = result.outputFiles[0]?.text ?? "";
  return { code, gzipBytes: gzipSync(code, { level: 9 }).byteLength };
}

export interface Part {
  readonly name: string;
  readonly code: string;
  readonly gzipBytes: number;
  /** What it was made of. */
  readonly sources: readonly string[];
  /** Whether a page has to wait for it before the element can be used. */
  readonly isFirst: boolean;
}

/** What a page loads that splits its code, of one entry of this folder. */
export async function parts(entry: string): Promise<Part[]> {
  const { outputFiles, metafile } = await build({
    entryPoints: { element: fileURLToPath(new URL(entry, import.meta.url)) },
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2024",
    outdir: "/",
    absWorkingDir: "/",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const first = new Set<string>();
  const visit = (path: string) => {
    if (first.has(path)) return;
    first.add(path);
    for (const { kind, path: imported } of metafile.outputs[path]?.imports ?? [])
      if (kind === "import-statement") visit(imported);
  };
  visit("element.js");
  return outputFiles.map(({ path, text }) => ({
    name: path.slice(1),
    code: text,
    gzipBytes: gzipSync(text, { level: 9 }).byteLength,
    sources: Object.keys(metafile.outputs[path.slice(1)]?.inputs ?? {}),
    isFirst: first.has(path.slice(1)),
  }));
}

const svelte: Plugin = {
  name: "svelte",
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.svelte$/ }, ({ path }) => {
      const { js } = compile(readFileSync(path, "utf8"), {
        filename: path,
        generate: "client",
        css: "external",
      });
      return { contents: js.code, loader: "js" };
    });
  },
};
