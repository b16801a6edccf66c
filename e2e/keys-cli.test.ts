// An operator's work with keys and the audit trail, from the command line, beside a running sidecar.

import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { fingerprint, Secret } from "@sidekit/secrets";
import { afterAll, beforeAll, expect, test } from "vitest";

import { run, type Ran } from "./child-process.ts";
import { startSidecar, type Sidecar } from "./sidecar.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

const main = join(import.meta.dirname, "../apps/cli/src/main.ts");
const goodKey = `sk-proj-${"90d0".repeat(8)}`;
const badKey = `sk-proj-${"0bad".repeat(8)}`;
const oldKey = `sk-proj-${"01d0".repeat(8)}`;
const nameOf = (key: string) => fingerprint(new Secret(key));

let folder: string;
let file: string;
let upstream: Upstream;
let sidecar: Sidecar;
let written = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sidekit-keys-"));
  file = join(folder, "openai");
  upstream = await startUpstream({ apiKey: goodKey });
  await sidekit(["keys", "set", "--file", file], { input: `${oldKey}\n` });
  sidecar = await startSidecar({
    env: { OPENAI_API_KEY_FILE: file, OPENAI_BASE_URL: upstream.baseUrl },
  });
});
afterAll(async () => {
  await sidecar[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
  expect(written).not.toMatch(/sk-proj-|90d090d0|0bad0bad|01d001d0/);
});

test("S139: a key that is set is in a file for its user alone, and nowhere else", async () => {
  expect(readFileSync(file, "utf8")).toBe(`${oldKey}\n`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["openai"]);
});

test("status says that the provider refuses it; rotate waits until another one is in use", async () => {
  const refused = await sidekit(["keys", "verify"], { status: 1 });
  expect(refused.stdout).toContain(`OPENAI_API_KEY_FILE  ${nameOf(oldKey)}  invalid`);
  const rotated = await sidekit(["keys", "rotate", "--file", file, "--json"], { input: goodKey });
  expect(JSON.parse(rotated.stdout)).toMatchObject({ fingerprint: nameOf(goodKey), state: "valid" });
  const status = await sidekit(["keys", "status"]);
  expect(status.stdout).toContain(`${nameOf(goodKey)}  valid`);
}, 60_000);

test("rotate to a key that the provider refuses ends with status 1 and says what to do", async () => {
  const rotated = await sidekit(["keys", "rotate", "--file", file], { input: badKey, status: 1 });
  expect(rotated.stderr).toContain("The upstream refuses the new key in OPENAI_API_KEY_FILE");
  await sidekit(["keys", "rotate", "--file", file], { input: goodKey });
}, 60_000);

test.each([
  ["nothing", "", 2, "There is no key"],
  ["a placeholder", "your-api-key-here-please", 1, "placeholder"],
  ["two lines", `${goodKey}\n${goodKey}`, 1, "white space"],
  ["far too much", "x".repeat(5000), 2, "longer than any key"],
])("S140: what cannot be a key is not written: %s", async (_name, input, status, words) => {
  const before = readFileSync(file, "utf8");
  const refused = await sidekit(["keys", "set", "--file", file], { input, status });
  expect(refused.stderr).toContain(words);
  expect(readFileSync(file, "utf8")).toBe(before);
});

test("S136: a link is not followed, and what it leads to stays as it was", async () => {
  const target = join(folder, "target");
  writeFileSync(target, "untouched");
  const link = join(folder, "link");
  symlinkSync(target, link);
  const refused = await sidekit(["keys", "set", "--file", link], { input: goodKey, status: 1 });
  expect(refused.stderr).toContain("something other than a regular file");
  expect(readFileSync(target, "utf8")).toBe("untouched");
  rmSync(link);
  rmSync(target);
});

test.each([
  [["keys", "set"], "Name one place"],
  [["keys", "set", "--file", "x", "--keychain", "a/b"], "Name one place"],
  [["keys", "set", "--keychain", "nonsense"], "sidekit/default"],
  [["keys"], "needs a command"],
  [["audit", "--since", "soon"], "--since must be"],
  [["audit", "--limit", "0"], "--limit must be"],
  [["audit", "--action", "nonsense"], "session.refused"],
])("wrong usage: %j", async (args, words) => {
  const refused = await sidekit(args, { status: 2 });
  expect(refused.stderr).toContain(words);
});

test("S138: without a keychain that is said, and nothing is put anywhere else", async () => {
  const refused = await sidekit(["keys", "set", "--keychain", "sidekit/default"], {
    input: goodKey,
    status: 1,
  });
  expect(refused.stderr).toMatch(/keychain/);
});

test("audit: what was done, newest first, and by whom; cancel-all ends what is there", async () => {
  await sidekit(["session", "create", "--json"]);
  const ended = await sidekit(["session", "cancel-all"]);
  expect(ended.stdout).toMatch(/^[1-9]\d* cancelled\n$/);
  const [newest = "", ...older] = (await sidekit(["audit", "--user", "local"])).stdout.trim().split("\n");
  expect(newest).toMatch(
    /^\S+Z {2}session\.revoked +by=launch {2}tenant=ten_\w+ {2}user=usr_\w+ {2}session=cksess_\w+ {2}reason=cancelled {2}request=req_\w+$/,
  );
  expect(older.join("\n")).toContain("session.created");
  const keys = JSON.parse((await sidekit(["audit", "--action", "key.rotated", "--json"])).stdout);
  expect(keys.data.at(-1)).toMatchObject({ keyId: "upstream", fingerprint: nameOf(goodKey) });
  expect((await sidekit(["audit", "--since", "2099-01-01"])).stderr).toBe("There are no entries.\n");
});

async function sidekit(
  args: readonly string[],
  { input = "", status = 0 }: { input?: string; status?: number } = {},
): Promise<Ran> {
  const ran = await run(process.execPath, [main, ...args], {
    input,
    env: {
      ...(sidecar === undefined
        ? {}
        : { SIDEKIT_LAUNCH_TOKEN: `${sidecar.url}/#launch=${sidecar.launchToken}` }),
      OPENAI_BASE_URL: upstream.baseUrl,
    },
  });
  written += ran.stdout + ran.stderr;
  expect(ran.status, ran.stderr).toBe(status);
  return ran;
}
