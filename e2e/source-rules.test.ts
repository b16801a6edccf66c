// What the product's own sources may not contain, wherever somebody adds it.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { root } from "./doc-examples.ts";

const sources = globSync(["packages/*/src/**/*.{ts,tsx}", "apps/*/src/**/*.{ts,tsx}"], { cwd: root })
  .filter((file) => !/\.(?:test|suite|fixture)\.tsx?$/.test(file))
  .map((file) => ({ file, text: withoutComments(readFileSync(join(root, file), "utf8")) }));

test("the sources are found", () => {
  expect(sources.length).toBeGreaterThan(300);
});

test("S40: the weak generator makes waits uneven, and nothing else", () => {
  // Each spreads when somebody comes back.
  expect(filesWith(/Math\.random/)).toEqual([
    "apps/sidecar/src/plugins/shedding.ts",
    "packages/chat-session/src/client/session-events.ts",
    "packages/chat-session/src/errors.ts",
    "packages/chat-session/src/issuers/upstream-calls.ts",
    "packages/chatkit/src/errors.ts",
    "packages/chatkit/src/responders/upstream-request.ts",
    "packages/chatkit/src/thread-stores/sqlite-errors.ts",
  ]);
});

test("S171: no code from strings, no shell, and no module named by a setting but a responder in its folder", () => {
  expect(filesWith(/\beval\(|new Function\b|\bFunction\(|node:vm\b|\bshell:/)).toEqual([]);
  // Each starts this very program's Node, with arguments of ours.
  expect(filesWith(/node:child_process/)).toEqual([
    "packages/secrets/src/keychain/process.ts",
    "packages/sidecar-host/src/sidecar-process.ts",
  ]);
  expect(filesWith(/import\((?!["'`])/)).toEqual(["apps/sidecar/src/responders.ts"]);
});

test("S22: no cookie is read or set", () => {
  const allowed = new Set(["packages/secrets/src/redact.ts"]);
  expect(
    filesWith(/set-cookie|headers\.cookie|document\.cookie/i).filter((file) => !allowed.has(file)),
  ).toEqual([]);
});

test("S80: procedures have no data transformer", () => {
  expect(filesWith(/transformer:|superjson|devalue/)).toEqual([]);
});

test("S126: nothing switches the verification of certificates off", () => {
  expect(filesWith(/rejectUnauthorized|checkServerIdentity/)).toEqual([]);
});

test("S143: a secret is taken out of its wrapper where it is sent, compared, kept or checked, and nowhere else", () => {
  expect(filesWith(/\.reveal\(/)).toEqual([
    "apps/cli/src/gateways/remote.ts",
    "apps/cli/src/way-in.ts",
    "apps/sidecar/src/attachments.ts",
    "apps/sidecar/src/doctor/upstream-checks.ts",
    "apps/sidecar/src/service-keys.ts",
    "packages/chat-session/src/issuers/upstream-fetch.ts",
    "packages/chatkit/src/responders/openai-agents/model-provider.ts",
    "packages/chatkit/src/responders/upstream-request.ts",
    "packages/secrets/src/fingerprint.ts",
    "packages/secrets/src/key-file.ts",
    "packages/secrets/src/key-shape.ts",
    "packages/secrets/src/sources/keychain.ts",
    "packages/secrets/src/verification.ts",
    "packages/sidecar-host/src/options.ts",
    "packages/sidecar-host/src/spawn-sidecar.ts",
  ]);
});

function filesWith(pattern: RegExp): string[] {
  return sources
    .filter(({ text }) => pattern.test(text))
    .map(({ file }) => file)
    .toSorted();
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}
