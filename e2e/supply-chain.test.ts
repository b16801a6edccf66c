// What the repository pulls in, and what it must never hold.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { findToken } from "@sidekit/chat-session";
import { expect, test } from "vitest";

import { blocksOf, root } from "./doc-examples.ts";

const lockfile = read("pnpm-lock.yaml");
/** Free to use and pass on. `(… OR …)` is in it if one of them is. */
const freeLicences = new Set(
  "MIT ISC BSD-2-Clause BSD-3-Clause Apache-2.0 0BSD BlueOak-1.0.0 CC0-1.0 Unlicense Python-2.0 CC-BY-4.0".split(
    " ",
  ),
);
/** S183 wishes for forty. docs/supply-chain.md says what the others are for. */
const mostPackages = 130;

test("S176: every installation is from the lockfile, and frozen", () => {
  expect(read("scripts/runtime.mjs")).toContain('"--frozen-lockfile"');
  const commands = [read(".ci/run"), ...globSync("scripts/*.mjs", { cwd: root }).map(read)].join("\n");
  expect(commands.match(/pnpm (?:install|add|update)(?! --frozen)/g)).toBeNull();
});

test("S177: what is three days old at least, from registries alone, and runs nothing while it is installed", () => {
  const settings = read("pnpm-workspace.yaml");
  expect(Number(/^minimumReleaseAge: (\d+)$/m.exec(settings)?.[1])).toBeGreaterThanOrEqual(4320);
  expect(settings).toMatch(/^blockExoticSubdeps: true$/m);
  expect(settings).toMatch(/^trustPolicy: no-downgrade$/m);
  expect(settings).not.toMatch(/minimumReleaseAgeExclude|dangerouslyAllowAllBuilds/);
  expect(/^allowBuilds:\n((?: {2}.*\n)*)/m.exec(settings)?.[1]).not.toMatch(/: true/);
});

test("S178: no member of ours runs a script when it is installed", () => {
  const members = globSync(["package.json", "{apps,packages}/*/package.json", "{e2e,bench}/package.json"], {
    cwd: root,
  });
  expect(members.length).toBeGreaterThan(8);
  for (const member of members) {
    const { scripts = {} } = JSON.parse(read(member)) as { scripts?: Record<string, string> };
    const run = Object.keys(scripts).filter((name) =>
      /^(?:pre|post)?(?:install|prepare|pack)$|^prepublish/.test(name),
    );
    expect([member, run]).toEqual([member, []]);
  }
});

test.each([
  ["fastify", "5.12.2"],
  ["@trpc/server", "11.8.0"],
  ["ws", "8.21.0"],
])("S179: %s is at least %s, wherever it comes from", (name, floor) => {
  const versions = versionsOf(name);
  expect(versions.length).toBeGreaterThan(0);
  for (const version of versions) expect([version, isAtLeast(version, floor)]).toEqual([version, true]);
});

test("S181: the build says what the sidecar consists of, in CycloneDX, with every licence", () => {
  execFileSync(process.execPath, ["scripts/bill-of-materials.mjs"], { cwd: root, stdio: "ignore" });
  const bill = JSON.parse(read("dist/sidecar.cdx.json")) as {
    bomFormat: string;
    components: { name: string; version: string; purl: string }[];
    dependencies: unknown[];
  };
  expect(bill.bomFormat).toBe("CycloneDX");
  const { dependencies } = JSON.parse(read("apps/sidecar/package.json")) as {
    dependencies: Record<string, string>;
  };
  const listed = new Set(
    bill.components.map(({ purl }) => /^pkg:npm\/(.+)@/.exec(decodeURIComponent(purl))?.[1]),
  );
  expect(Object.keys(dependencies).filter((name) => !listed.has(name))).toEqual([]);
  const licences = read("dist/licences.txt").trim().split("\n");
  expect(licences.filter((line) => !isFree(line.slice(line.indexOf(": ") + 2)))).toEqual([]);
  expect(licences.length).toBeGreaterThan(50);
  expect(licences.length).toBeLessThanOrEqual(mostPackages);
});

test("S183: every package that the sidecar asks for has its reason on paper", () => {
  const { dependencies } = JSON.parse(read("apps/sidecar/package.json")) as {
    dependencies: Record<string, string>;
  };
  const reasons = read("docs/supply-chain.md");
  const foreign = Object.keys(dependencies).filter((name) => !name.startsWith("@sidekit/"));
  expect(foreign.filter((name) => !reasons.includes(`| \`${name}\` |`))).toEqual([]);
});

test.skipIf(!existsSync(join(root, ".git")))(
  "S52, S185: no commit has ever held a key, a private key or a token of ours that is one",
  async () => {
    const found: string[] = [];
    const log = spawn("git", ["log", "--all", "-p", "--no-color", "--no-ext-diff", "--unified=0"], {
      cwd: root,
      stdio: ["ignore", "pipe", "ignore"],
    });
    let file = "";
    let lines = 0;
    for await (const line of createInterface({ input: log.stdout })) {
      lines += 1;
      if (line.startsWith("+++ ")) file = line.slice(6);
      if (line.startsWith("+") && looksSecret(line)) found.push(`${file}: ${line.slice(0, 20)}…`);
    }
    expect(lines).toBeGreaterThan(0);
    expect(found).toEqual([]);
  },
  120_000,
);

test("the page names no command that is not there", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const lines = blocksOf("docs/supply-chain.md", "").flatMap((code) => code.trim().split("\n"));
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) {
    const [, name = ""] = /^pnpm (\w+)/.exec(line) ?? [];
    expect(["audit", ...Object.keys(scripts)]).toContain(name);
  }
});

/** What a provider, a cloud or we ourselves give out. Invented ones of tests are short, or have no valid checksum. */
function looksSecret(line: string): boolean {
  if (/[A-Za-z0-9_-]{16}T3BlbkFJ[A-Za-z0-9]{16}|\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{80,}/.test(line))
    return true;
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/]{20}/.test(line)) return true;
  if (/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bghp_[A-Za-z0-9]{36}\b|\bxox[bp]-\d{10,}/.test(line)) return true;
  return findToken(line) !== null;
}

function versionsOf(name: string): string[] {
  const pattern = new RegExp(`^  '?${name.replace("/", "\\/")}@(\\d+\\.\\d+\\.\\d+)[^:]*:`, "gm");
  return [...new Set([...lockfile.matchAll(pattern)].map(([, version = ""]) => version))];
}

function isAtLeast(version: string, floor: string): boolean {
  const [one, other] = [version, floor].map((text) => text.split(".").map(Number));
  for (const [at, part] of one!.entries()) if (part !== other![at]) return part > other![at]!;
  return true;
}

function isFree(licence: string): boolean {
  return licence
    .replaceAll(/[()]/g, "")
    .split(/ OR /)
    .some((choice) => choice.split(/ AND /).every((part) => freeLicences.has(part)));
}

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}
