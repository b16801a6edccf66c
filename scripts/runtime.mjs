// The Node and pnpm that every command runs on, whatever the machine has. Plain JavaScript that Node 20 understands:
// this file and its neighbours run before anything is installed.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const runtimeVersions = { node: "26.10.0", pnpm: "11.28.10" };

const cacheDir = join(root, "node_modules", ".cache", "sidekit");
const environment = {
  ...process.env,
  TURBO_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
  FORCE_COLOR: process.env.FORCE_COLOR ?? "",
};
if (environment.FORCE_COLOR === "") delete environment.FORCE_COLOR;

/** Progress, on standard error: standard output belongs to the command's result. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/**
 * Paths of a Node that can run this repository and of pnpm's entry. Fetches both from the package registry the first
 * time, remembers where they are, and exits with a clear sentence when they cannot be had.
 */
export function findRuntime() {
  const remembered = readJson(join(cacheDir, "runtime.json"));
  if (
    remembered?.for === JSON.stringify(runtimeVersions) &&
    existsSync(remembered.node) &&
    existsSync(remembered.pnpm)
  ) {
    return remembered;
  }
  say(`Getting Node ${runtimeVersions.node} and pnpm ${runtimeVersions.pnpm} from the package registry …`);
  const packages = Object.entries(runtimeVersions).flatMap(([name, version]) => ["-p", `${name}@${version}`]);
  const found = spawnSync(
    "npx",
    ["--yes", "--loglevel=error", ...packages, "-c", "node -p process.execPath"],
    {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
      shell: process.platform === "win32",
    },
  );
  const node = (found.stdout ?? "").trim().split("\n").at(-1) ?? "";
  const pnpm = node === "" ? "" : findUpwards(dirname(node), join("node_modules", "pnpm", "bin", "pnpm.mjs"));
  if (found.status !== 0 || pnpm === "") {
    say(
      "Node and pnpm could not be fetched. Check that this machine reaches the package registry, then try again.",
    );
    process.exit(1);
  }
  return { for: JSON.stringify(runtimeVersions), node, pnpm };
}

/** Installs what the lockfile names, unless that has been done for this very lockfile. */
export function install(runtime) {
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "pnpm-lock.yaml")))
    .update(readFileSync(join(root, "pnpm-workspace.yaml")))
    .digest("hex");
  const stampFile = join(cacheDir, "installed.json");
  if (readJson(stampFile)?.lock !== wanted) {
    say("Installing packages …");
    const { status } = spawnSync(runtime.node, [runtime.pnpm, "install", "--frozen-lockfile"], {
      cwd: root,
      env: environmentFor(runtime),
      // pnpm reports on standard output; ours belongs to the command's result.
      stdio: ["ignore", 2, 2],
    });
    if (status !== 0) {
      say("Installing failed; the reason stands above.");
      process.exit(1);
    }
    mkdirSync(cacheDir, { recursive: true });
    writeFileSync(stampFile, JSON.stringify({ lock: wanted }));
  }
  mkdirSync(cacheDir, { recursive: true });
  writeFileSync(join(cacheDir, "runtime.json"), JSON.stringify(runtime));
}

/** Runs an installed tool to its end; resolves with its exit status. */
export function runTool(runtime, name, args, options = {}) {
  return new Promise((resolve) => {
    const bin = join(root, "node_modules", ".bin", process.platform === "win32" ? `${name}.cmd` : name);
    const child = spawn(bin, args, {
      cwd: root,
      env: { ...environmentFor(runtime), ...options.env },
      stdio: options.stdio ?? ["ignore", 2, 2],
      shell: process.platform === "win32",
    });
    child.on("error", () => resolve(1));
    child.on("close", (status) => resolve(status ?? 1));
  });
}

/** The environment of a child: our Node and pnpm come first on its path. */
export function environmentFor(runtime) {
  const pnpmCommands = join(dirname(dirname(dirname(runtime.pnpm))), ".bin");
  return { ...environment, PATH: [dirname(runtime.node), pnpmCommands, process.env.PATH].join(delimiter) };
}

function findUpwards(from, wanted) {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, wanted);
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) return "";
  }
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}
