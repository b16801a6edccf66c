// The element as a page loads it: small entries, and parts whose names change with their content.

import { resolve } from "node:path";

import { build } from "esbuild";

const sourceDir = resolve(import.meta.dirname, "../src");

/**
 * Writes `sidekit-chat.js`, which registers the tag; `index.js`, which leaves that to its importer; `client.js`, which is
 * the chat without an element; and `parts/`. Several entries, so that what they share is in a part: a page that comes again asks for a few bytes only.
 */
export async function buildElement(outDir: string): Promise<void> {
  await build({
    entryPoints: ["sidekit-chat.ts", "index.ts", "client.ts"].map((name) => resolve(sourceDir, name)),
    outdir: outDir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    // The browsers that know all the CSS we write.
    target: ["chrome123", "firefox121", "safari17.5"],
    jsx: "automatic",
    minify: true,
    legalComments: "linked",
    chunkNames: "parts/[name]-[hash]",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "warning",
  });
}
