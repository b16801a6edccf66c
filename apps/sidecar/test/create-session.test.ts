import { expect, test } from "vitest";

import { startApp, type RunningApp } from "./fixture.ts";

const path = "/trpc/chatSession.createSession";
/** Any query sends the call through the adapter of the library. */
const throughAdapter = `${path}?adapter`;

const key = "0123456789abcdef0123456789abcdef";
const calls: readonly { body: string; bearer?: string | null; headers?: Record<string, string> }[] = [
  { body: "{}" },
  { body: "{}", headers: { accept: "application/json" } },
  { body: "{}", headers: { accept: "text/html, application/jsonl" } },
  { body: "{}", headers: { "trpc-accept": "application/jsonl" } },
  { body: "" },
  { body: "{" },
  { body: "null" },
  { body: '{"user":"somebody"}' },
  { body: '{"profile":"none"}' },
  { body: '{"__proto__":{}}' },
  { body: `{"idempotencyKey":"${key}"}` },
  { body: "{}", bearer: null },
  { body: "{", bearer: null },
  { body: "{}", bearer: "ckbs_wrong" },
  { body: "{}", bearer: "ckss_wrong" },
];

test.each(calls)("createSession answers as the adapter would: %j", async (call) => {
  await using app = await startApp();
  const direct = await answerTo(app, path, call);
  expect(direct).toEqual(await answerTo(app, throughAdapter, call));
  expect(direct.headers["vary"]).toContain("Origin");
});

async function answerTo(app: RunningApp, to: string, call: (typeof calls)[number]) {
  const { body, bearer = app.parts.launchToken } = call;
  const response = await fetch(app.url + to, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
      ...call.headers,
    },
    body,
    signal: AbortSignal.timeout(10_000),
  });
  const headers = Object.fromEntries(response.headers);
  // How the length is told, and the charset, are up to who writes the body.
  for (const name of ["content-length", "transfer-encoding", "date"]) delete headers[name];
  headers["content-type"] = headers["content-type"]!.replace("; charset=utf-8", "");
  headers["x-request-id"] = withoutChance(headers["x-request-id"]!);
  return { status: response.status, headers, text: withoutChance(await response.text()) };
}

/** Two answers differ in their identifiers and in what the clock says. */
function withoutChance(text: string): string {
  return text
    .replace(/(req|cksess|ckss)_[0-9A-Za-z]+/g, "$1_")
    .replace(/"(expiresAt|refreshAt|expiresIn|refreshIn)":("[^"]+"|\d+)/g, '"$1":0');
}
