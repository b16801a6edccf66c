// What users, networks and attackers do to a server at the same time, again and again.

import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

import { events, message, threadIdOf } from "../chat.ts";
import type { Sidecar } from "../sidecar.ts";
import { apiError, resetConnection, type Upstream } from "../upstream.ts";

const workers = 5;
const askDeadlineMs = 40_000;

export interface LoadCounts {
  answers: number;
  /** Streams that were left in the middle. */
  left: number;
  /** Requests that were refused, as they should be. */
  refused: number;
  /** Whatever should not have been answered as it was. */
  readonly wrong: string[];
}

/** Goes on until the signal aborts; then resolves when all has come to its end. */
export async function applyLoad(
  sidecar: Sidecar,
  upstream: Upstream,
  signal: AbortSignal,
): Promise<LoadCounts> {
  const counts: LoadCounts = { answers: 0, left: 0, refused: 0, wrong: [] };
  const repeat = async (act: () => Promise<void>, pauseMs: number) => {
    while (!signal.aborted) {
      await act().catch((error: unknown) => {
        // A connection that the server has cut is one of its refusals.
        if (error instanceof TypeError) counts.refused += 1;
        else counts.wrong.push(String(error));
      });
      await wait(pauseMs);
    }
  };
  await Promise.all([
    ...Array.from({ length: workers }, () => repeat(() => converse(sidecar, counts), 20)),
    repeat(() => leaveInTheMiddle(sidecar, counts), 50),
    repeat(() => askWrongly(sidecar, counts), 30),
    repeat(() => dawdle(sidecar), 200),
    repeat(async () => breakUpstream(upstream), 1500),
    repeat(() => cancelOld(sidecar), 5000),
  ]);
  return counts;
}

/** A whole conversation, with its thread removed at the end. */
async function converse(sidecar: Sidecar, counts: LoadCounts): Promise<void> {
  const secret = await mint(sidecar);
  if (secret === null) return;
  const asked = await ask(sidecar, secret, message(`Hello ${"there ".repeat(50)}`));
  const first = await asked.text();
  if (asked.status !== 200) return refusedOr(asked.status, first, counts);
  const begun = events(first);
  // The session ended, or the provider failed, before there was anything to keep.
  if (!begun.some(({ type }) => type === "thread.created")) return refusedOr(asked.status, first, counts);
  const threadId = threadIdOf(begun);
  for (const body of [
    message("And again", threadId),
    { type: "threads.get_by_id", params: { thread_id: threadId } },
    { type: "items.list", params: { thread_id: threadId } },
    { type: "threads.list", params: {} },
    { type: "threads.delete", params: { thread_id: threadId } },
  ]) {
    const answer = await ask(sidecar, secret, body);
    const text = await answer.text();
    if (answer.status !== 200) return refusedOr(answer.status, text, counts);
    counts.answers += 1;
  }
}

async function leaveInTheMiddle(sidecar: Sidecar, counts: LoadCounts): Promise<void> {
  const secret = await mint(sidecar);
  if (secret === null) return;
  const answer = await ask(sidecar, secret, message("I will not wait"));
  await answer.body?.getReader().read();
  await answer.body?.cancel().catch(() => {});
  counts.left += 1;
}

async function askWrongly(sidecar: Sidecar, counts: LoadCounts): Promise<void> {
  const wrong: RequestInit[] = [
    { method: "POST", body: "{", headers: { "content-type": "application/json" } },
    { method: "POST", body: "x".repeat(2_000_000), headers: { "content-type": "application/json" } },
    { method: "POST", body: "a=b" },
    { method: "PATCH" },
    {
      method: "POST",
      body: "{}",
      headers: { authorization: "Bearer ckss_wrong", "content-type": "application/json" },
    },
  ];
  for (const init of wrong) {
    const answer = await fetch(`${sidecar.url}/chatkit`, {
      ...init,
      signal: AbortSignal.timeout(askDeadlineMs),
    });
    const text = await answer.text();
    if (answer.status < 400) counts.wrong.push(`${answer.status} to a wrong request`);
    else refusedOr(answer.status, text, counts);
  }
}

/** A head that never ends, and one that ends in the middle of its body. */
async function dawdle(sidecar: Sidecar): Promise<void> {
  const { hostname, port, host } = new URL(sidecar.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  socket.write(
    `POST /chatkit HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n`,
  );
  await wait(Math.random() * 1000);
  if (Math.random() < 0.5) socket.write("\r\n{");
  await wait(200);
  socket.destroy();
}

function breakUpstream(upstream: Upstream): void {
  upstream.answerNext("responses.create", apiError(429), resetConnection, apiError(500));
}

/** As a user does who signs out everywhere. */
async function cancelOld(sidecar: Sidecar): Promise<void> {
  await call(sidecar, "chatSession.cancelAllSessions");
}

/** Null when the server asks for patience. */
async function mint(sidecar: Sidecar): Promise<string | null> {
  const answer = await call(sidecar, "chatSession.createSession");
  if (answer.status === 429 || answer.status === 503) {
    await answer.body?.cancel();
    await wait(1000);
    return null;
  }
  if (answer.status !== 200) throw new Error(`createSession answered ${answer.status}`);
  const { result } = (await answer.json()) as { result: { data: { clientSecret: string } } };
  return result.data.clientSecret;
}

function call(sidecar: Sidecar, procedure: string): Promise<Response> {
  return fetch(`${sidecar.url}/trpc/${procedure}`, {
    method: "POST",
    headers: { authorization: `Bearer ${sidecar.launchToken}`, "content-type": "application/json" },
    body: "{}",
    signal: AbortSignal.timeout(askDeadlineMs),
  });
}

function ask(sidecar: Sidecar, secret: string, body: object): Promise<Response> {
  return fetch(`${sidecar.url}/chatkit`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(askDeadlineMs),
  });
}

/** Sessions end under the feet of this load, and limits are met: that is no fault. One of 500 is. */
function refusedOr(status: number, text: string, counts: LoadCounts): void {
  if (status >= 500 && status !== 503) counts.wrong.push(`${status} ${text.slice(0, 200)}`);
  else counts.refused += 1;
}
