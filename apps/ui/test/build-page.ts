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
}

declare module "vitest" {
  export interface ProvidedContext {
    page: BuiltPage;
  }
}

export default async function buildPage(project: TestProject): Promise<() => Promise<void>> {
  const distDir = await mkdtemp(join(tmpdir(), "sidekit-ui-"));
  const modules = new Set<string>();
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
            if (file.type === "chunk") for (const id of file.moduleIds) modules.add(id);
          }
        },
      },
    ],
  });
  process.env.NODE_ENV = NODE_ENV;
  project.provide("page", { distDir, modules: [...modules] });
  return () => rm(distDir, { recursive: true, force: true });
}
