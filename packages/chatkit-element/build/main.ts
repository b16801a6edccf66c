// `pnpm build` of this package: what pages load from a sidecar, and the types that go with it.

import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

import { buildElement } from "./element-files.ts";

const packageDir = resolve(import.meta.dirname, "..");
const distDir = join(packageDir, "dist");
const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");

rmSync(distDir, { recursive: true, force: true });
await buildElement(join(distDir, "element"));
execFileSync(process.execPath, [compiler, "-p", "tsconfig.types.json"], {
  cwd: packageDir,
  stdio: "inherit",
});
