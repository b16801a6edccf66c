// Builds the page once for all tests, into a folder of its own: a sidecar that serves `dist` is not disturbed.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { build } from "vite";
import type { TestProject } from "vitest/node";

const root = resolve(import.meta.dirname, "..");

export interface BuiltPage {
  readonly distDir: string;
  /** Absolute paths of every module that went into the scripts. */
  readonly modules: readonly string[];
  /** Names of the scripts that the chat needs; the other pages load more. */
  readonly chatScripts: readonly string[];
}

interface Chunk {
  readonly fileName: string;
  readonly imports: readonly string[];
  readonly moduleIds: readonly string[];
  readonly isEntry: boolean;
}

declare module "vitest" {
  export interface ProvidedContext {
    page: BuiltPage;
  }
}

export default async function buildPage(project: TestProject): Promise<() => Promise<void>> {
  const distDir = await mkdtemp(join(tmpdir(), "sidekit-ui-"));
  const chunks: Chunk[] = [];
  // Under vitest it says "test", and React would be bundled with everything it has for developers.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = "production";
  await build({
    root,
    mode: "production",
    logLevel: "warn",
    build: { outDir: distDir, emptyOutDir: true },
    plugins: [
      {
        name: "list-modules",
        generateBundle(_options, bundle) {
          for (const file of Object.values(bundle)) {
            if (file.type === "chunk") chunks.push(file);
          }
        },
      },
    ],
  });
  process.env.NODE_ENV = NODE_ENV;
  project.provide("page", {
    distDir,
    modules: chunks.flatMap(({ moduleIds }) => moduleIds),
    chatScripts: chatScripts(chunks),
  });
  return () => rm(distDir, { recursive: true, force: true });
}

/** The page's own script and the element's, which it asks for next, each with what they cannot do without. */
function chatScripts(chunks: readonly Chunk[]): string[] {
  const isElement = ({ moduleIds }: Chunk) =>
    moduleIds.some((id) => id.endsWith("/packages/chatkit-element/src/element.ts"));
  const needed = new Set<string>();
  const add = (chunk: Chunk | undefined): void => {
    if (chunk === undefined || needed.has(chunk.fileName)) return;
    needed.add(chunk.fileName);
    for (const name of chunk.imports) add(chunks.find(({ fileName }) => fileName === name));
  };
  for (const chunk of chunks) if (chunk.isEntry || isElement(chunk)) add(chunk);
  return [...needed];
}
