// Builds what the browser loads, as a page of ours would.

import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

export interface Bundle {
  readonly code: string;
  readonly gzipBytes: number;
}

/** Bundles one entry of this folder, minified for production. */
export async function bundle(entry: string): Promise<Bundle> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2024",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const code = result.outputFiles[0]?.text ?? "";
  return { code, gzipBytes: gzipSync(code, { level: 9 }).byteLength };
}
