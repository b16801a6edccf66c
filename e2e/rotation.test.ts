// A key that is replaced under a running sidecar, as an operator or an orchestrator does it.

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { fingerprint, Secret } from "@sidekit/secrets";
import { expect, test } from "vitest";

import { converse as streamed, message, mint } from "./chat.ts";
import { run } from "./child-process.ts";
import { root } from "./doc-examples.ts";
import { failToStart, startSidecar, type Sidecar } from "./sidecar.ts";
import { apiError, ordinary, startUpstream } from "./upstream.ts";

const keyA = "sk-proj-aaaa1c9be27d08A6535e71";
const keyB = "sk-proj-bbbb1c9be27d08A6535e71";
const nameB = fingerprint(new Secret(keyB));

test("R59, S137: SIGHUP in the middle of 20 conversations: every stream ends whole, and the new key is in use", async () => {
  await using upstream = await startUpstream();
  using mount = keyMount(keyA);
  await using sidecar = await startSidecar({
    env: { OPENAI_API_KEY_FILE: mount.path, OPENAI_BASE_URL: upstream.baseUrl },
  });
  const answers: Promise<string[]>[] = [];
  for (let number = 0; number < 20; number += 1) {
    if (number === 10) {
      mount.swap(keyB);
      sidecar.kill("SIGHUP");
    }
    answers.push(converse(sidecar));
    await sleep(60);
  }
  for (const kinds of await Promise.all(answers)) {
    expect(kinds).not.toContain("error");
    expect(kinds.at(-1)).toBe("thread.item.done");
  }
  const keys = upstream.requestsTo("responses.create").map(({ headers }) => headers.authorization);
  expect(keys).toHaveLength(20);
  expect(new Set(keys)).toEqual(new Set([`Bearer ${keyA}`, `Bearer ${keyB}`]));
  expect(keys.at(-1)).toBe(`Bearer ${keyB}`);
  await expect.poll(() => sidecar.output()).toContain("key.rotated");
  expect(sidecar.output()).toContain(nameB);
});

test("S137: the swap of a mounted secret is found within 5 s, and no log or file shows a key", async () => {
  await using upstream = await startUpstream();
  using mount = keyMount(keyA);
  await using sidecar = await startSidecar({
    env: {
      OPENAI_API_KEY_FILE: mount.path,
      OPENAI_BASE_URL: upstream.baseUrl,
      SIDEKIT_LOG_LEVEL: "trace",
    },
  });
  await converse(sidecar);
  mount.swap(keyB);
  await expect.poll(() => sidecar.output(), { timeout: 7000 }).toContain("key.rotated");
  // The upstream's refusal quotes part of the key (S151).
  upstream.answerAlways("responses.create", apiError(401));
  await converse(sidecar);
  upstream.answerAlways("responses.create", ordinary);
  await expect.poll(() => sidecar.output()).toContain("upstream.auth");
  const written = readdirSync(sidecar.dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
  for (const text of [sidecar.output(), ...written]) expect(text).not.toMatch(/sk-proj|aaaa1c9|bbbb1c9/);
}, 20_000);

test("S148: a key that was taken away is given up after its time; a new one is used without a restart", async () => {
  await using upstream = await startUpstream();
  using mount = keyMount(keyA);
  await using sidecar = await startSidecar({
    env: {
      OPENAI_API_KEY_FILE: mount.path,
      OPENAI_BASE_URL: upstream.baseUrl,
      SIDEKIT_KEY_REMOVED_SECONDS: "1",
    },
  });
  expect(await converse(sidecar)).not.toContain("error");
  mount.swap(null);
  sidecar.kill("SIGHUP");
  await expect.poll(() => sidecar.output(), { timeout: 8000 }).toContain("key.revoked");
  expect(await converse(sidecar)).toContain("error");
  mount.swap(keyB);
  expect(await converse(sidecar)).not.toContain("error");
}, 20_000);

test("S134: a key on the command line stops the start, and is not repeated", async () => {
  for (const argument of [keyA, `--openai-api-key=${keyA}`, "--api-key"]) {
    const failed = await failToStart({}, { args: [argument] });
    expect(failed).toMatchObject({ status: 64, stdout: "" });
    expect(failed.stderr).toContain("Treat it as compromised");
    expect(failed.stderr).not.toContain(keyA);
  }
});

test("S135, S145: neither a child nor a worker of the sidecar would inherit a key", async () => {
  const directory = mkdtempSync(join(tmpdir(), "sidekit-settings-"));
  writeFileSync(
    join(directory, "config.json"),
    JSON.stringify({ keys: { other: { environment: "OTHER_KEY" } }, profiles: { other: { key: "other" } } }),
  );
  const code = `
    const { loadConfig } = await import(${JSON.stringify(join(root, "apps/sidecar/src/config.ts"))});
    const config = loadConfig();
    const { execFileSync } = await import("node:child_process");
    const { Worker } = await import("node:worker_threads");
    console.log(config.keys.map(({ source }) => source.value.reveal().length));
    console.log(execFileSync(process.execPath, ["-p", "JSON.stringify(process.env)"], { encoding: "utf8" }));
    new Worker("console.log(JSON.stringify(process.env))", { eval: true });`;
  const ran = await run(process.execPath, ["--input-type=module", "-e", code], {
    cwd: root,
    env: {
      OPENAI_API_KEY: keyA,
      OTHER_KEY: keyB,
      SIDEKIT_S3_SECRET_ACCESS_KEY: keyB,
      SIDEKIT_S3_ACCESS_KEY_ID: "id",
      SIDEKIT_S3_BUCKET: "files",
      SIDEKIT_S3_ENDPOINT: "http://127.0.0.1:9",
      SIDEKIT_CONFIG: join(directory, "config.json"),
      SIDEKIT_ALLOW_ROOT: "yes",
    },
  });
  rmSync(directory, { recursive: true });
  expect(ran.status, ran.stderr).toBe(0);
  expect(ran.stdout).toContain("[ 30, 30 ]");
  expect(ran.stdout.match(/SIDEKIT_S3_BUCKET/g)).toHaveLength(2);
  expect(ran.stdout).not.toMatch(/sk-proj|aaaa1c9|bbbb1c9/);
});

async function converse(sidecar: Sidecar): Promise<string[]> {
  const seen = await streamed(sidecar, await mint(sidecar), message("Hello"));
  return seen.map(({ type }) => type);
}

/** A directory as Kubernetes mounts secrets: `key` leads to `..data/key`, and `..data` to a dated directory. */
function keyMount(text: string): Disposable & { readonly path: string; swap(text: string | null): void } {
  const directory = mkdtempSync(join(tmpdir(), "sidekit-mount-"));
  let number = 0;
  const swap = (next: string | null) => {
    const dated = `..2026_${(number += 1)}`;
    mkdirSync(join(directory, dated));
    if (next !== null) writeFileSync(join(directory, dated, "key"), next, { mode: 0o440 });
    symlinkSync(dated, join(directory, "..data_tmp"));
    renameSync(join(directory, "..data_tmp"), join(directory, "..data"));
  };
  swap(text);
  symlinkSync("..data/key", join(directory, "key"));
  return {
    path: join(directory, "key"),
    swap,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  };
}
