import {
  createOpenAiResponsesResponder,
  type OpenAiResponsesOptions,
  type ResponderObservation,
} from "@sidekit/chatkit/responders/openai-responses";
import { expect, test } from "vitest";

import type { CallContext, Dictation } from "../src/ports.ts";
import { optionsFor, reasonOf, upstreamWords } from "./responder-runs.ts";
import { json, type Reply, startStandIn, type StandIn } from "./responses-stand-in.ts";

const dictation: Dictation = {
  bytes: Buffer.from("SPEECH"),
  mimeType: "audio/webm;codecs=opus",
  mediaType: "audio/webm",
};

test("a recording travels as a file with the model's name, and its text comes back", async () => {
  await using upstream = await startStandIn();
  upstream.answer(json(200, { text: "Hello there", usage: {} }));
  expect(await hear(upstream)).toMatchObject({ text: "Hello there", observations: [] });

  const [request] = upstream.requests;
  expect(request?.path).toBe("/v1/audio/transcriptions");
  expect(request?.headers.authorization).toBe("Bearer sk-first");
  const form = await new Response(request?.bytes, {
    headers: { "content-type": request?.headers["content-type"] ?? "" },
  }).formData();
  expect(form.get("model")).toBe("gpt-4o-mini-transcribe");
  const file = form.get("file");
  if (!(file instanceof File)) throw new Error("no file");
  expect([file.name, file.type, await file.text()]).toEqual(["speech.webm", "audio/webm", "SPEECH"]);
});

test("a failure that may pass is tried again, with the whole recording", async () => {
  await using upstream = await startStandIn();
  upstream.answer(json(503, {}), json(200, { text: "ok" }));
  expect(await hear(upstream)).toMatchObject({ text: "ok" });
  expect(upstream.requests.map((it) => it.bytes.includes("SPEECH"))).toEqual([true, true]);
});

test.each<[string, Reply, string]>([
  ["a refused key", json(401, { error: { message: upstreamWords } }), "upstream_auth"],
  ["a bad request", json(400, { error: { message: upstreamWords } }), "upstream_rejected"],
  ["an empty account", json(402, { error: { message: upstreamWords } }), "upstream_quota"],
  ["no answer", () => undefined, "upstream_timeout"],
  ["an answer without text", json(200, { words: [] }), "upstream_malformed"],
  ["an answer that is not JSON", (response) => void response.end("<h1>"), "upstream_malformed"],
  ["an endless answer", endless, "upstream_malformed"],
])("%s is told by its code alone", async (_, reply, expected) => {
  await using upstream = await startStandIn();
  upstream.answer(reply);
  const { thrown, observations } = await hear(upstream, { transcriptionMs: 500, maxRetries: 0 });
  expect(reasonOf(thrown)).toBe(expected);
  expect(observations).toMatchObject([
    { event: "upstream.failed", phase: "transcription", failure: { code: expected } },
  ]);
  expect(JSON.stringify([thrown, observations])).not.toContain("CANARY");
});

test("whoever asked may leave", async () => {
  await using upstream = await startStandIn();
  upstream.answer(() => undefined);
  const left = new AbortController();
  const hearing = hear(upstream, {}, left.signal);
  setTimeout(() => left.abort(new Error("left")), 50);
  expect(await hearing).toMatchObject({ thrown: { message: "left" } });
});

async function hear(
  upstream: StandIn,
  options: Partial<OpenAiResponsesOptions> = {},
  signal = new AbortController().signal,
) {
  const observations: ResponderObservation[] = [];
  const responder = createOpenAiResponsesResponder(
    optionsFor(upstream, { observe: (it) => observations.push(it), ...options }),
  );
  const context: CallContext = {
    owner: { tenant: "t", user: "u" },
    profile: { name: "default", model: "m", instructions: "", offers: { models: [], tools: [] } },
    metadata: {},
    signal,
  };
  try {
    return { text: await responder.transcribe(context, dictation), thrown: null, observations };
  } catch (thrown) {
    return { text: null, thrown, observations };
  }
}

function endless(response: Parameters<Reply>[0]): void {
  response.writeHead(200, { "content-type": "application/json" });
  const more = () => {
    while (!response.destroyed && response.write("x".repeat(65_536)));
  };
  response.on("drain", more);
  more();
}
