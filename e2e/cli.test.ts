import { join } from "node:path";

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { mint, post } from "./chat.ts";
import { run, type Ran } from "./child-process.ts";
import { startSidecar, type Sidecar } from "./sidecar.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

const main = join(import.meta.dirname, "../apps/cli/src/main.ts");
const refusedKey = `sk-proj-${"0bad".repeat(8)}`;
const clientSecret = /ckss_[0-9A-Za-z]{49}/;

let upstream: Upstream;
let sidecar: Sidecar;
/** What every run of this file has written, but for the standard output of `session create`. */
let written = "";

beforeAll(async () => {
  upstream = await startUpstream({ apiKey: `sk-proj-${"90d0".repeat(8)}` });
  sidecar = await startSidecar({
    env: { OPENAI_API_KEY: upstream.apiKey, OPENAI_BASE_URL: upstream.baseUrl },
  });
});
afterAll(async () => {
  await sidecar[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

afterEach(() => {
  expect(written).not.toBe("");
  for (const secret of [upstream.apiKey, refusedKey, sidecar.launchToken])
    expect(written).not.toContain(secret);
  // The upstream's refusal of a key quotes its beginning and its end.
  expect(written).not.toMatch(/sk-proj-/);
  expect(written).not.toMatch(/ckbs_/);
  expect(written).not.toMatch(clientSecret);
});

describe("sessions", () => {
  test("create prints the secret alone, which opens the chat until cancel", async () => {
    const created = await sidekit(["session", "create"]);
    expect(created.stdout).toMatch(new RegExp(`^${clientSecret.source}\n$`));
    const secret = created.stdout.trim();
    expect(await threadsStatus(secret)).toBe(200);

    const listed = await sidekit(["session", "list"]);
    const [line = "", ...others] = listed.stdout.trim().split("\n");
    expect(others).toEqual([]);
    const [id = "", ...columns] = line.split("  ");
    expect(columns.slice(0, 3)).toEqual(["active", "local", "default"]);
    expect(created.stderr).toContain(id);

    const cancelled = await sidekit(["session", "cancel", id]);
    expect(cancelled.stdout).toBe(`${id}  cancelled\n`);
    expect(await threadsStatus(secret)).toBe(401);
    expect((await sidekit(["session", "list"])).stdout).toBe("");
  });

  test("the same with --json", async () => {
    const created = JSON.parse((await sidekit(["session", "create", "--json"])).stdout);
    expect(created).toMatchObject({
      clientSecret: expect.stringMatching(clientSecret),
      status: "active",
      api: { kind: "self-hosted", url: `${sidecar.url}/chatkit` },
    });
    const listed = JSON.parse((await sidekit(["session", "list", "--json"])).stdout);
    expect(listed).toEqual({
      data: [expect.objectContaining({ id: created.id, status: "active", issuer: "local" })],
    });
    const cancelled = JSON.parse((await sidekit(["session", "cancel", created.id, "--json"])).stdout);
    expect(cancelled).toMatchObject({ id: created.id, status: "cancelled" });
    expect(await threadsStatus(created.clientSecret)).toBe(401);
  });

  test("a session that is not there: the server's words, and its code with --json", async () => {
    const unknown = `cksess_${"0".repeat(32)}`;
    const refused = await sidekit(["session", "cancel", unknown], { status: 1 });
    expect(refused).toMatchObject({ stdout: "", stderr: expect.stringMatching(/^[A-Z].*\.\n$/) });
    const json = await sidekit(["session", "cancel", unknown, "--json"], { status: 1 });
    expect(JSON.parse(json.stdout)).toMatchObject({ type: "sidekit.error", code: "not_found" });
  });
});

describe("one piped message", () => {
  test("the model's answer alone is on standard output, and the upstream was asked with the key", async () => {
    const before = upstream.requestsTo("responses.create").length;
    const answered = await sidekit(["chat"], { input: "Good morning\n" });
    expect(answered.stdout).toBe("The upstream received 1 input message. The last one says: Good morning\n");
    const asked = upstream.requestsTo("responses.create").slice(before);
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${upstream.apiKey}`]);
  });

  test("with --json: the stream's events, then how the turn ended", async () => {
    const answered = await sidekit(["chat", "--json"], { input: "Good evening\n" });
    const objects = answered.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(objects[0].type).toBe("thread.created");
    expect(objects.at(-1)).toEqual({
      type: "sidekit.turn_ended",
      thread_id: objects[0].thread.id,
      outcome: "completed",
    });
    const threads = await post(sidecar, "/chatkit", await mint(sidecar), {
      type: "threads.get_by_id",
      params: { thread_id: objects[0].thread.id },
    });
    expect(threads.text).toContain("The last one says: Good evening");
  });
});

describe("doctor", () => {
  test("all well: exit status 0, every check, the key by its fingerprint", async () => {
    const healthy = await sidekit(["doctor"]);
    expect(healthy.stdout).toMatch(/^ok +The API key works \(OPENAI_API_KEY, fingerprint [0-9a-f]{12}\)\.$/m);
    expect(healthy.stdout).not.toMatch(/^(warning|broken)/m);
    const report = JSON.parse((await sidekit(["doctor", "--json"])).stdout);
    expect(report.healthy).toBe(true);
    expect(report.findings.map(({ check, status }: Finding) => `${check} ${status}`)).toEqual([
      "runtime ok",
      "sidecar ok",
      "readiness ok",
      "session ok",
      "key ok",
      "settings ok",
      "public address ok",
      "public address ok",
      "upstream ok",
      "upstream ok",
      "model ok",
      "element ok",
      "data directory ok",
      "disk ok",
      ...(process.platform === "linux" ? ["file descriptors ok"] : []),
      "database ok",
    ]);
  });

  test("a key that the upstream refuses: exit status 1, and the finding says how to mend it", async () => {
    await using misled = await startSidecar({
      env: { OPENAI_API_KEY: refusedKey, OPENAI_BASE_URL: upstream.baseUrl },
    });
    const broken = await sidekit(["doctor"], { of: misled, status: 1 });
    expect(broken.stdout).toMatch(
      /^broken +The API key is invalid \(OPENAI_API_KEY, fingerprint [0-9a-f]{12}\)/m,
    );
    const mend = /^ +To mend it: Create a new key, put it in OPENAI_API_KEY, and start again\.$/m;
    expect(broken.stdout).toMatch(mend);

    const report = JSON.parse((await sidekit(["doctor", "--json"], { of: misled, status: 1 })).stdout);
    expect(report.healthy).toBe(false);
    expect(report.findings.filter(({ status }: Finding) => status === "broken")).toMatchObject([
      { check: "key", mend: "Create a new key, put it in OPENAI_API_KEY, and start again." },
    ]);
    const asked = upstream.requestsTo("models.list").map(({ headers }) => headers.authorization);
    expect(asked).toContain(`Bearer ${refusedKey}`);
    written += misled.output().replace(/^Sidekit ready at .*$/m, "");
  });

  test("no sidecar: exit status 1, and what to start", async () => {
    const gone = await startSidecar();
    await gone[Symbol.asyncDispose]();
    const broken = await sidekit(["doctor"], { of: gone, status: 1 });
    expect(broken.stdout).toContain(`Nothing answers at ${gone.url}.`);
    expect(broken.stdout).toContain("To mend it: Start the sidecar with npm start");
    const report = JSON.parse((await sidekit(["doctor", "--json"], { of: gone, status: 1 })).stdout);
    expect(report.findings.at(-1)).toMatchObject({ check: "sidecar", status: "broken" });
  });
});

interface Finding {
  readonly check: string;
  readonly status: string;
}

/** Against this file's sidecar and for exit status 0, unless told otherwise. */
async function sidekit(
  args: readonly string[],
  options: { readonly of?: Sidecar; readonly status?: number; readonly input?: string } = {},
): Promise<Ran> {
  const { url, launchToken } = options.of ?? sidecar;
  const ran = await run(process.execPath, [main, ...args, "--url", url], {
    env: { SIDEKIT_LAUNCH_TOKEN: launchToken },
    input: options.input ?? "",
  });
  written += ran.stderr;
  if (!args.includes("create")) written += ran.stdout;
  expect(ran.status, ran.stdout + ran.stderr).toBe(options.status ?? 0);
  return ran;
}

async function threadsStatus(secret: string): Promise<number> {
  return (await post(sidecar, "/chatkit", secret, { type: "threads.list", params: {} })).status;
}
