import { ChatSessionError } from "@sidekit/chat-session";
import { ChatKitError } from "@sidekit/chatkit";
import { APIError } from "openai";
import { describe, expect, test } from "vitest";
import { z } from "zod";

import { EdgeError } from "./errors.ts";
import { safeLineForTerminal, safeLine } from "./log-lines.ts";
import { createLog } from "./log.ts";
import { requestFacts } from "./request-facts.ts";

const marker = "canary-93ab";

describe("S161: errors by class", () => {
  const foreign = Object.assign(new Error(`${marker} in a message`), {
    code: `${marker} with spaces`,
    detail: marker,
    where: marker,
    parameters: [marker],
    command: { args: [marker] },
    headers: { authorization: marker },
    body: marker,
    error: { message: marker },
    input: marker,
  });

  test.each([
    ["a driver's", foreign],
    [
      "the upstream's",
      APIError.generate(401, { error: { message: marker } }, marker, new Headers({ a: marker })),
    ],
    ["a validation's", z.object({ a: z.literal(1) }).safeParse({ a: marker, [marker]: 1 }).error],
    ["a cause's", new Error("outer", { cause: foreign })],
    ["an own one's cause", new ChatSessionError("internal", { cause: foreign })],
    ["something else", { text: marker }],
    ["a text", marker],
  ])("%s data stays out", (_name, err) => {
    const { log, lines } = open();
    log.error({ err }, "request.failed");
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain(marker);
  });

  test.each([
    [new EdgeError("rate_limited"), { type: "EdgeError", code: "rate_limited" }],
    [new ChatKitError("thread_busy"), { type: "ChatKitError", status: 409 }],
    [new ChatSessionError("store_unavailable"), { type: "ChatSessionError", status: 503 }],
  ])("our own keep code, status and sentence: %s", (err, described) => {
    const { log, lines } = open();
    log.error({ err }, "request.failed");
    expect(JSON.parse(lines[0] ?? "").err).toMatchObject({ ...described, message: err.message });
  });

  test("a platform's error keeps class, code and calls", () => {
    const { log, lines } = open();
    const err = Object.assign(new TypeError(marker), { code: "ECONNREFUSED", status: 502 });
    log.error({ err }, "request.failed");
    expect(JSON.parse(lines[0] ?? "").err).toMatchObject({
      type: "TypeError",
      code: "ECONNREFUSED",
      status: 502,
      at: [expect.stringMatching(/log\.test\.ts:\d+:\d+\)?$/), ...Array(7).fill(expect.any(String))],
    });
  });
});

describe("S162: one JSON object per line", () => {
  const nasty = 'a\nb\rc\u001b[31md\u009b31me\u2028f\u2029g\u202eh\u007fi\u0000j\u0085k"\\l';

  test("control characters and separators of every kind are escaped, and nothing is lost", () => {
    const { log, lines } = open();
    log.info({ given: nasty, [nasty]: 1 }, "event");
    const [line = ""] = lines;
    expect(line).toMatch(/^[ -~]*\n$/);
    expect(JSON.parse(line)).toMatchObject({ given: nasty, [nasty]: 1 });
  });

  test("on a terminal they are shown as text", () => {
    const shown: unknown = JSON.parse(safeLineForTerminal(JSON.stringify({ given: nasty })));
    expect(JSON.stringify(shown)).toMatch(/^[ -~]*$/);
    expect(shown).toMatchObject({ given: expect.stringContaining("c\\u001b[31md\\u009b31me\\u2028f") });
  });
});

test("S52, S160: what looks like a credential is blacked out wherever it stands", () => {
  const token = `ckss_${"4f1C9be27d08A6535e71QzTx0aB9yWvKmLpR2sUd6Nh3Jg7Ft"}`;
  const { log, lines } = open();
  log.info({ route: `/${token}`, deep: { deeper: [{ words: `Bearer ${token}` }] } }, "event");
  expect(lines[0]).not.toContain(token.slice(5, 20));
});

describe("S166: identical warnings", () => {
  test("the first is logged at once, the others as a count; other reasons and ordinary events are not held up", async () => {
    const { log, lines } = open();
    for (let at = 0; at < 1000; at++) log.warn({ reason: "unknown", requestId: `r${at}` }, "auth.refused");
    log.warn({ reason: "expired" }, "auth.refused");
    log.info("request");
    log.info("request");
    expect(lines.map((line) => JSON.parse(line).event)).toEqual([
      "auth.refused",
      "auth.refused",
      "request",
      "request",
    ]);
    await expect.poll(() => lines.length, { timeout: 8000 }).toBe(5);
    expect(JSON.parse(lines[4] ?? "")).toMatchObject({
      event: "auth.refused",
      reason: "unknown",
      count: 999,
    });
  }, 10_000);

  test("a great many kinds are kept track of as one", () => {
    const { log, lines } = open();
    for (let at = 0; at < 5000; at++) log.warn({ reason: `reason-${at}` }, "auth.refused");
    expect(lines).toHaveLength(257);
  });

  test("a crash is never left out", () => {
    const { log, lines } = open();
    for (let at = 0; at < 3; at++) log.fatal("crash");
    expect(lines).toHaveLength(3);
  });
});

test("S163: what is logged while a request is served names it", () => {
  const { log, lines } = open();
  requestFacts.run({ requestId: "req_1", actor: null, upstreamRequestId: null }, () => log.info("within"));
  log.info("outside");
  expect(lines.map((line) => JSON.parse(line).requestId)).toEqual(["req_1", undefined]);
});

function open() {
  const lines: string[] = [];
  return { log: createLog("trace", (line) => lines.push(safeLine(line))), lines };
}
