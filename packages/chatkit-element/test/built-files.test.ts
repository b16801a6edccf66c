// What `pnpm build` leaves: files that a plain page loads, and types that a program of somebody else compiles against.

import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, expect, test } from "vitest";

import { buildElement } from "../build/element-files.ts";

const run = promisify(execFile);
const packageDir = resolve(import.meta.dirname, "..");
const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");

let folder: string;
let built: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidekit-built-"));
  built = join(folder, "element");
  await buildElement(built);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the script that a page names is small, and its parts have names that change with their content", async () => {
  const script = await readFile(join(built, "sidekit-chat.js"), "utf8");
  expect(script.length).toBeLessThan(2000);
  const parts = await readdir(join(built, "parts"));
  expect(parts.filter((name) => !/^[\w-]+-[A-Z0-9]{8}\.js(\.LEGAL\.txt)?$/.test(name))).toEqual([]);
  // What is heavy comes when it is needed.
  expect(parts.filter((name) => /^chart-.*\.js$/.test(name))).toHaveLength(1);
  expect(script).not.toContain("chart-");
});

test("the same source gives the same names, so that a new build of it is in the caches already", async () => {
  const again = join(folder, "again");
  await buildElement(again);
  expect(await readdir(join(again, "parts"))).toEqual(await readdir(join(built, "parts")));
});

test("a program that has only the package's types compiles against them, and is told of a mistake", async () => {
  const app = join(folder, "app");
  const installed = join(app, "node_modules/@sidekit/chatkit-element");
  await mkdir(join(app, "node_modules/@openai"), { recursive: true });
  await symlink(join(packageDir, "node_modules/@openai/chatkit"), join(app, "node_modules/@openai/chatkit"));
  await mkdir(installed, { recursive: true });
  await run(process.execPath, [
    compiler,
    "-p",
    join(packageDir, "tsconfig.types.json"),
    "--outDir",
    join(installed, "dist/types"),
  ]);
  await cp(built, join(installed, "dist/element"), { recursive: true });
  const manifest = JSON.parse(await readFile(join(packageDir, "package.json"), "utf8"));
  await writeFile(
    join(installed, "package.json"),
    JSON.stringify({ name: manifest.name, type: "module", exports: manifest.publishConfig.exports }),
  );
  await writeFile(
    join(app, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        types: [],
        target: "es2024",
        lib: ["es2024", "dom", "dom.iterable"],
        module: "esnext",
        moduleResolution: "bundler",
      },
      files: ["page.ts"],
    }),
  );
  const page = (option: string) => `import { registerAs, SidekitChatError } from "@sidekit/chatkit-element";
import "@sidekit/chatkit-element/sidekit-chat.js";
registerAs("support-chat");
const chat = document.createElement("sidekit-chat");
chat.addEventListener("chatkit.error", ({ detail }) => console.error(detail.error instanceof SidekitChatError));
chat.setOptions({ api: { url: "/chatkit", domainKey: "local" }, ${option} });
`;
  const errorsOf = async (option: string) => {
    await writeFile(join(app, "page.ts"), page(option));
    return run(process.execPath, [compiler, "--pretty", "false"], { cwd: app }).then(
      () => "",
      (failure: { stdout: string }) => failure.stdout,
    );
  };
  expect(await errorsOf('theme: "dark"')).toBe("");
  expect(await errorsOf('theme: "sepia"')).toMatch(/^page\.ts\(\d+.*error TS/);
}, 60_000);
