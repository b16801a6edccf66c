// The endpoints of the built product under inputs that nobody has thought of.

import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

import { expectNoLeak } from "../attacks/target.ts";
import { message, mint } from "../chat.ts";
import { send, sendBytes, type RawAnswer } from "../raw-http.ts";
import { startSidecar, type Sidecar } from "../sidecar.ts";
import { fuzz, fuzzTimeoutMs } from "./fuzzing.ts";
import { anyJson, brokenBytes, changed, marker, text } from "./hostile-inputs.ts";

/** A server that is well answers with these; 501 says what it has not got. */
const decent = new Set([200, 400, 401, 403, 404, 405, 409, 413, 414, 415, 417, 422, 426, 429, 431, 501]);
const patienceMs = 5000;

const threadId = `thr_${"0".repeat(22)}`;
const itemId = `msg_${"0".repeat(22)}`;
const input = message("Hello").params.input;
const chatKitRequests = [
  message("Hello"),
  message("Hello", threadId),
  { type: "threads.list", params: { limit: 5, order: "desc", after: threadId } },
  { type: "threads.get_by_id", params: { thread_id: threadId } },
  { type: "threads.update", params: { thread_id: threadId, title: "A title" } },
  { type: "threads.delete", params: { thread_id: threadId } },
  { type: "items.list", params: { thread_id: threadId, limit: 20, order: "asc" } },
  { type: "items.feedback", params: { thread_id: threadId, item_ids: [itemId], kind: "positive" } },
  { type: "threads.retry_after_item", params: { thread_id: threadId, item_id: itemId } },
  { type: "threads.add_client_tool_output", params: { thread_id: threadId, result: { a: 1 } } },
  {
    type: "threads.custom_action",
    params: { thread_id: threadId, item_id: itemId, action: { type: "press", payload: { a: [1] } } },
  },
  { type: "attachments.create", params: { name: "a.txt", size: 5, mime_type: "text/plain" } },
  { type: "attachments.delete", params: { attachment_id: `atc_${"0".repeat(22)}` } },
  { type: "input.transcribe", params: { audio_base64: "AAAA", mime_type: "audio/webm" } },
  { type: "threads.create", params: { input: { ...input, attachments: ["atc_1"] } }, metadata: { a: 1 } },
];
const procedureInputs: readonly (readonly [procedure: string, input: unknown])[] = [
  ["chatSession.createSession", { profile: "default", idempotencyKey: "k1", stateVariables: { a: "b" } }],
  ["chatSession.cancelSession", { sessionId: `cksess_${"0".repeat(32)}` }],
  ["chatSession.cancelAllSessions", { user: "local" }],
  ["chatSession.listSessions", { limit: 5, after: `cksess_${"0".repeat(32)}` }],
  ["system.audit", { limit: 5, before: 3, action: "session.created", since: "2026-01-01T00:00:00Z" }],
  ["system.info", undefined],
];

let sidecar: Sidecar;
beforeAll(async () => {
  // Limits are not what is looked for.
  sidecar = await startSidecar({
    env: { SIDEKIT_REQUESTS_PER_MINUTE: "1000", SIDEKIT_DETACH_GRACE_SECONDS: "0" },
  });
});
afterAll(async () => {
  await sidecar[Symbol.asyncDispose]();
});

test(
  "S76, S82: /chatkit, any JSON",
  async () => {
    let secret = "";
    let asked = 0;
    const bodies = fc.oneof(
      { arbitrary: changed(chatKitRequests), weight: 5 },
      { arbitrary: anyJson, weight: 1 },
    );
    await fuzz(
      "chatkit",
      fc.asyncProperty(bodies, async (body) => {
        // A session has its limit of reads, too.
        if (asked++ % 100 === 0) secret = await mint(sidecar);
        const answer = await inTime(askChatKit(secret, JSON.stringify(body)));
        await expectWell(answer);
      }),
    );
  },
  fuzzTimeoutMs,
);

test(
  "S76, S79, S81: /trpc, any input to any name",
  async () => {
    const calls = fc.oneof(
      ...procedureInputs.map(([name, sample]) =>
        fc.tuple(fc.constant(name), changed([{ sample }]), fc.constantFrom("GET", "POST")),
      ),
      fc.tuple(text.map(encodeURIComponentSafely), anyJson, fc.constantFrom("GET", "POST")),
    );
    await fuzz(
      "trpc",
      fc.asyncProperty(calls, async ([name, value, method]) => {
        const sample =
          typeof value === "object" && value !== null && "sample" in value ? value.sample : value;
        const json = JSON.stringify(sample) ?? "null";
        const query = method === "GET" ? `?input=${encodeURIComponentSafely(json.slice(0, 4000))}` : "";
        const answer = await inTime(
          send(sidecar, {
            method,
            path: `/trpc/${name}${query}`,
            headers: headers(sidecar.launchToken),
            ...(method === "POST" && { body: json }),
          }),
        );
        // A mint that is good answers with the title that it was given, never with the marker.
        await expectWell(answer);
      }),
    );
  },
  fuzzTimeoutMs,
);

test(
  "S8, S10: bytes that are nearly HTTP",
  async () => {
    const secret = await mint(sidecar);
    const host = new URL(sidecar.url).host;
    const body = JSON.stringify({ type: "threads.list", params: {} });
    const head = `Host: ${host}\r\nAuthorization: Bearer ${secret}\r\nConnection: close\r\n`;
    const samples = [
      `GET /healthz HTTP/1.1\r\n${head}\r\n`,
      `POST /chatkit HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      `POST /chatkit HTTP/1.1\r\n${head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      `GET /trpc/system.info HTTP/1.1\r\n${head}X-A: ${marker}\r\n\r\nGET /readyz HTTP/1.1\r\n${head}\r\n`,
    ];
    await fuzz(
      "bytes",
      fc.asyncProperty(brokenBytes(samples), async (bytes) => {
        // What is not finished is given up on; the server's own patience is another test's.
        const answer = await Promise.race([
          sendBytes(sidecar, bytes).catch(() => ""),
          new Promise<string>((resolve) => {
            setTimeout(resolve, 150, "");
          }),
        ]);
        const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
        for (const status of statuses) expect([...decent, 408, 503]).toContain(status);
        expect(answer).not.toContain(marker);
        await expectAlive();
      }),
    );
  },
  fuzzTimeoutMs,
);

/** Of a stream, its beginning: that it has begun is all that is looked for. */
async function askChatKit(secret: string, body: string): Promise<RawAnswer> {
  const response = await fetch(`${sidecar.url}/chatkit`, { method: "POST", headers: headers(secret), body });
  const streams = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
  if (streams) await response.body?.cancel();
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text: streams ? "" : await response.text(),
  };
}

async function expectWell(answer: RawAnswer): Promise<void> {
  expect([...decent], answer.text).toContain(answer.status);
  if (answer.status >= 400) expectErrorForm(answer);
  await expectAlive();
}

function expectErrorForm(answer: RawAnswer): void {
  expectNoLeak(answer, marker);
  const { error } = JSON.parse(answer.text) as { error: { code: unknown; data?: { appCode: string } } };
  expect(error.data?.appCode ?? error.code).toMatch(/^[a-z_]+$/);
}

/** Neither gone, nor held up, nor surprised. */
async function expectAlive(): Promise<void> {
  const alive = await inTime(send(sidecar, { path: "/healthz" }));
  expect(alive.status).toBe(200);
  expect(sidecar.output()).not.toMatch(/"event":"(?:request\.failed|crash)"/);
}

function inTime<Result>(work: Promise<Result>): Promise<Result> {
  let late: NodeJS.Timeout;
  const over = new Promise<never>((_resolve, reject) => {
    late = setTimeout(() => reject(new Error("There was no answer in time.")), patienceMs);
  });
  return Promise.race([work, over]).finally(() => clearTimeout(late));
}

function headers(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}`, "content-type": "application/json" };
}

/** A half of a pair of surrogates has no encoding. */
function encodeURIComponentSafely(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}
