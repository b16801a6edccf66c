import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { objectsOf, runCli, startCli } from "./run-cli.ts";

const canary = "sk-canary0123456789canary";
let cwd = "";

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "sidekit-cli-"));
});
afterEach(async () => {
  await chmod(cwd, 0o700);
  await rm(cwd, { recursive: true });
});

describe("a conversation without a sidecar", () => {
  test("a piped message is answered by the demo, which says that it is one", async () => {
    const run = await runCli(["chat", "--local"], { cwd, input: "hi" });
    expect(run.status).toBe(0);
    expect(run.stdout.split("\n")[0]).toMatch(/demo/i);
    expect(run.stdout).toContain("Sources:");
  });

  test("threads outlive the process", async () => {
    const first = objectsOf((await runCli(["chat", "--local", "--json", "hi"], { cwd })).stdout).at(-1);
    expect(first).toMatchObject({ outcome: "completed" });
    const thread = String(first?.["thread_id"]);
    const again = await runCli(["chat", "--local", "--json", "--thread", thread, "and again"], { cwd });
    expect(objectsOf(again.stdout).at(-1)).toEqual(first);

    const elsewhere = await runCli(["chat", "--local", "--thread", thread, "hi"], {
      cwd,
      env: { SIDEKIT_DATA_DIR: join(cwd, "elsewhere") },
    });
    expect(elsewhere).toMatchObject({ status: 1, stderr: "There is no such thread.\n" });
    expect(await readdir(cwd)).toEqual(expect.arrayContaining([".sidekit", "elsewhere"]));
  });

  test("Ctrl-C keeps what came so far in the thread", async () => {
    const run = startCli(["chat", "--local", "--json", "long"], { cwd });
    await run.seen("text_delta");
    run.child.kill("SIGINT");
    const ended = await run.ended;
    expect(ended.status).toBe(130);
    const last = objectsOf(ended.stdout).at(-1);
    expect(last).toMatchObject({ outcome: "stopped" });
    const again = await runCli(["chat", "--local", "--thread", String(last?.["thread_id"]), "hi"], { cwd });
    expect(again.status).toBe(0);
  });

  test("a data directory that cannot be written", async () => {
    const run = await runCli(["chat", "--local", "hi"], { cwd, env: { SIDEKIT_DATA_DIR: "/proc/sidekit" } });
    expect(run).toMatchObject({ status: 1, stdout: "" });
    expect(run.stderr).toContain("SIDEKIT_DATA_DIR");
  });

  test("a bad base URL is named, its value is not shown", async () => {
    const run = await runCli(["chat", "--local", "hi"], {
      cwd,
      env: { OPENAI_BASE_URL: "http://canary.example.com" },
    });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("OPENAI_BASE_URL must use https");
    expect(run.stderr).not.toContain("canary");
  });

  test("a key that cannot be one: what is wrong and how to mend it, never the key", async () => {
    const run = await runCli(["chat", "--local", "hi"], {
      cwd,
      env: { OPENAI_API_KEY: "canary canary canary canary" },
    });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("OPENAI_API_KEY contains white space");
    expect(run.stdout + run.stderr).not.toContain("canary");
  });
});

describe("with a key and another server with the same API", () => {
  test("the model answers, and sees the key", async () => {
    await using upstream = await startUpstream(answerStream("Hello from the model."));
    const env = { OPENAI_API_KEY: canary, OPENAI_BASE_URL: upstream.url };
    const run = await runCli(["chat", "--local", "hi"], { cwd, env });
    expect(run).toMatchObject({ status: 0, stdout: "Hello from the model.\n" });
    expect(upstream.authorizations).toContain(`Bearer ${canary}`);
  });

  test("an upstream that refuses the key", async () => {
    await using upstream = await startUpstream(null);
    const env = { OPENAI_API_KEY: canary, OPENAI_BASE_URL: upstream.url };
    const run = await runCli(["chat", "--local", "hi"], { cwd, env });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("access to the model was refused");
    expect(run.stdout + run.stderr).not.toContain("canary");
  });
});

test("sessions: created in process, with a word about how long they last", async () => {
  const run = await runCli(["session", "create", "--local"], { cwd });
  expect(run.status).toBe(0);
  expect(run.stdout).toMatch(/^ckss_[0-9A-Za-z]{49}\n$/);
  expect(run.stderr).toContain("end with it");
  const cancel = await runCli(["session", "cancel", "--local", "--json", `cksess_${"0".repeat(32)}`], {
    cwd,
  });
  expect(cancel.status).toBe(1);
  expect(objectsOf(cancel.stdout)).toMatchObject([{ type: "sidekit.error", code: "not_found" }]);
});

describe("doctor --local", () => {
  test("without a key: sound, with a word about the demo", async () => {
    const run = await runCli(["doctor", "--local"], { cwd });
    expect(run.status).toBe(0);
    expect(run.stdout).toContain("There is no API key");
    expect(run.stdout).toContain(join(cwd, ".sidekit"));
  });

  test.each([
    ["white space", "canary canary canary canary"],
    ["quotation mark", '"canarycanarycanarycanary"'],
    ["administration key", "sk-admin-canarycanarycanary"],
    ["begin the way", "canarycanarycanarycanary"],
    ["shorter than", "sk-canary"],
    ["placeholder", "sk-your-api-key-here"],
    ["plain ASCII", "sk-canaryсanarycanarycanary"],
    ["blank", "  "],
  ])("a key shape that cannot work is told apart: %s", async (words, key) => {
    const run = await runCli(["doctor", "--local", "--json"], { cwd, env: { OPENAI_API_KEY: key } });
    const finding = findingsOf(run.stdout).find(({ check }) => check === "key");
    expect(`${finding?.what} ${finding?.mend}`).toContain(words);
    expect(finding?.mend).not.toBe("");
    expect(run.stdout + run.stderr).not.toContain("anary");
  });

  test.each([
    [200, "works", 0],
    [401, "invalid", 1],
    [403, "lacks permission", 1],
    [402, "no quota", 1],
    [500, "unreachable", 1],
  ])("live, upstream answers %i: %s", async (status, words, exit) => {
    await using upstream = await startUpstream(null, status);
    const env = { OPENAI_API_KEY: canary, OPENAI_BASE_URL: upstream.url };
    const run = await runCli(["doctor", "--local"], { cwd, env });
    expect(run.stdout).toContain(words);
    expect(run.stdout).toMatch(/fingerprint [0-9a-f]{12}/);
    expect(run.status).toBe(exit);
    expect(run.stdout + run.stderr).not.toContain("canary");
  });

  test("both key variables set", async () => {
    const env = { OPENAI_API_KEY: canary, OPENAI_API_KEY_FILE: "/canary" };
    const run = await runCli(["doctor", "--local"], { cwd, env });
    expect(run.status).toBe(1);
    expect(run.stdout).toContain("OPENAI_API_KEY_FILE");
    expect(run.stdout).not.toContain("canary");
  });
});

/** An upstream that streams this answer, or refuses with 401; `GET /models` answers `modelsStatus`. */
async function startUpstream(answer: string | null, modelsStatus = 200) {
  const authorizations: string[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization ?? "");
    request.resume().on("end", () => {
      if (request.url?.endsWith("/models") === true) {
        response.writeHead(modelsStatus, { "content-type": "application/json" }).end("{}");
      } else if (answer === null) {
        response
          .writeHead(401, { "content-type": "application/json" })
          .end('{"error":{"message":"no","code":"invalid_api_key"}}');
      } else {
        response.writeHead(200, { "content-type": "text/event-stream" }).end(answer);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    authorizations,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answerStream(text: string): string {
  const response = {
    id: "resp_1",
    object: "response",
    created_at: 0,
    status: "completed",
    model: "m",
    output: [],
  };
  const part = { type: "output_text", text, annotations: [] };
  const item = { id: "msg_1", type: "message", role: "assistant", status: "completed", content: [part] };
  const place = { item_id: "msg_1", output_index: 0, content_index: 0 };
  const events = [
    { type: "response.created", response: { ...response, status: "in_progress" } },
    {
      type: "response.output_item.added",
      output_index: 0,
      item: { ...item, status: "in_progress", content: [] },
    },
    { type: "response.content_part.added", ...place, part: { ...part, text: "" } },
    { type: "response.output_text.delta", ...place, delta: text },
    { type: "response.output_text.done", ...place, text },
    { type: "response.content_part.done", ...place, part },
    { type: "response.output_item.done", output_index: 0, item },
    { type: "response.completed", response: { ...response, output: [item] } },
  ];
  return events
    .map(
      (event, index) =>
        `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: index })}\n\n`,
    )
    .join("");
}

function findingsOf(stdout: string): { check: string; what: string; mend: string | null }[] {
  const [report] = objectsOf(stdout);
  return report?.["findings"] as ReturnType<typeof findingsOf>;
}
