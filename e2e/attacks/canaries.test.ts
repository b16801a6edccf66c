// Every secret and every word of a user is a marker; afterwards the markers are looked for wherever they must not be.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { answerText, converse, message, mint, post, threadIdOf } from "../chat.ts";
import { send } from "../raw-http.ts";
import { startSidecar } from "../sidecar.ts";
import { apiError, startUpstream, textAnswer } from "../upstream.ts";
import { bearer, createSession, logLines } from "./target.ts";

const marker = (name: string) => `canary${name}${"q7x".repeat(4)}`;
/** As a careless program might write them. */
const spellings = (text: string) => [
  text,
  Buffer.from(text).toString("base64").replace(/=+$/, ""),
  Buffer.from(text).toString("base64url"),
  Buffer.from(text).toString("hex"),
  encodeURIComponent(text),
  [...text].reverse().join(""),
  [...text].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
];

test("S160, S165, S151, S42, S51: no secret and no word of a user is in any output, and no secret in any file", async () => {
  const apiKey = `sk-proj-${marker("key")}4b9d2f`;
  await using upstream = await startUpstream({ apiKey });
  const words = {
    message: marker("message"),
    title: marker("title"),
    answer: marker("answer"),
    action: marker("action"),
    upstream: marker("upstream"),
    query: marker("query"),
    host: marker("host"),
    agent: marker("agent"),
    body: marker("body"),
    launch: marker("launch"),
  };
  const sidecar = await startSidecar({
    env: {
      OPENAI_API_KEY: apiKey,
      OPENAI_BASE_URL: upstream.baseUrl,
      SIDEKIT_LOG_LEVEL: "trace",
      SIDEKIT_REQUESTS_PER_MINUTE: "1000",
    },
  });
  const answers: string[] = [];
  const keep = async (answer: Promise<{ text: string }>) => void answers.push((await answer).text);

  const secret = await mint(sidecar);
  const key = marker("idempotency");
  await keep(
    send(sidecar, {
      method: "POST",
      path: createSession,
      headers: { ...bearer(sidecar.launchToken), "idempotency-key": key },
      body: "{}",
    }).then(() => ({ text: "" })),
  );
  upstream.answerNext("responses.create", textAnswer(words.answer));
  const said = await converse(sidecar, secret, message(words.message));
  expect(answerText(said)).toContain(words.answer);
  const thread = threadIdOf(said);
  const chat = (body: object) => post(sidecar, "/chatkit", secret, body);
  await chat({ type: "threads.update", params: { thread_id: thread, title: words.title } });

  // Everything that goes wrong, each with words of its own.
  const problem = `${words.upstream}: Incorrect API key provided: ${apiKey}`;
  for (const status of [400, 401, 403, 404, 422, 500]) {
    upstream.answerNext("responses.create", apiError(status, { message: problem }));
    await keep(chat(message(words.message, thread)));
  }
  await keep(chat({ type: words.body, params: {} }));
  await keep(chat({ type: "threads.get_by_id", params: { thread_id: words.body } }));
  await keep(
    chat({
      type: "threads.custom_action",
      params: { thread_id: thread, action: { type: words.action, payload: { a: words.action } } },
    }),
  );
  await keep(post(sidecar, createSession, sidecar.launchToken, { profile: words.body }));
  await keep(post(sidecar, createSession, words.launch, {}));
  await keep(post(sidecar, "/chatkit", secret, `{"type": ${words.body}`));
  for (const path of [`/${words.query}?a=${words.query}`, `/trpc/${words.query}?input=${words.query}`]) {
    await keep(send(sidecar, { path, headers: { "user-agent": words.agent, referer: words.agent } }));
  }
  await keep(send(sidecar, { path: "/", headers: { host: `${words.host}.example` } }));
  await keep(send(sidecar, { path: "/", headers: { origin: `https://${words.host}.example` } }));
  await keep(send(sidecar, { path: `/readyz?x=${secret}` }));
  sidecar.kill("SIGTERM");
  await sidecar.ended;

  const { launchToken, dataDir } = sidecar;
  const secrets = [apiKey, launchToken, secret, secret.slice(5, 48), launchToken.slice(5, 48), key];
  const written = sidecar.output().replace(/^Sidekit ready at .*\n/m, "");
  expect(logLines(sidecar).length).toBeGreaterThan(20);
  for (const text of [...secrets, ...Object.values(words)].flatMap(spellings)) {
    const line = written.split("\n").find((written) => written.includes(text));
    expect(line, `${text} in the log`).toBeUndefined();
  }
  for (const text of [...secrets, words.upstream, words.query, words.host, words.agent, words.body]) {
    expect(
      answers.filter((answer) => answer.includes(text)),
      `${text} in an answer`,
    ).toEqual([]);
  }
  // What users said is in the database, and nowhere else; secrets are not even there (S42, S51).
  for (const file of readdirSync(dataDir, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const bytes = readFileSync(join(file.parentPath, file.name));
    for (const text of secrets.flatMap(spellings)) expect(bytes.includes(text), file.name).toBe(false);
    if (file.name.startsWith("sidekit.sqlite")) continue;
    for (const text of Object.values(words)) expect(bytes.includes(text), file.name).toBe(false);
  }
  await sidecar[Symbol.asyncDispose]();
});

test.skipIf(process.platform !== "linux")(
  "S135: once it has started, a key is not in the environment that programs of the process would get",
  async () => {
    const apiKey = `sk-proj-${marker("inherited")}4b9d2f`;
    await using upstream = await startUpstream({ apiKey });
    await using sidecar = await startSidecar({
      env: { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: upstream.baseUrl },
    });
    const children = readdirSync(`/proc/${sidecar.pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${sidecar.pid}/task/${task}/children`, "utf8").trim().split(" ").filter(Boolean),
    );
    expect(children).toEqual([]);
    expect(readFileSync(`/proc/${sidecar.pid}/cmdline`, "utf8")).not.toContain(apiKey);
  },
);

test.skipIf(process.platform === "win32")(
  "S135, S144: a worker that is started in the sidecar has neither a key nor a token in its memory",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "sidekit-snapshot-"));
    const file = join(folder, "worker.heapsnapshot");
    const apiKey = `sk-proj-${marker("worker")}4b9d2f`;
    await using upstream = await startUpstream({ apiKey });
    await using sidecar = await startSidecar({
      env: {
        OPENAI_API_KEY: apiKey,
        OPENAI_BASE_URL: upstream.baseUrl,
        NODE_OPTIONS: `--import=${join(import.meta.dirname, "worker-snapshot.mjs")}`,
        WORKER_SNAPSHOT_FILE: file,
      },
    });
    const secret = await mint(sidecar);
    const words = marker("said");
    expect(await converse(sidecar, secret, message(words))).not.toEqual([]);
    sidecar.kill("SIGUSR2");
    await expect.poll(() => existsSync(file), { timeout: 20_000 }).toBe(true);
    const memory = readFileSync(file, "utf8");
    rmSync(folder, { recursive: true });
    expect(memory).toContain("seeninsideworker");
    for (const text of [apiKey, sidecar.launchToken, secret, words].flatMap(spellings)) {
      expect(memory.includes(text), text).toBe(false);
    }
  },
  30_000,
);
