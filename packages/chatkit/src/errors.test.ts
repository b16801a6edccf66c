import { expect, test } from "vitest";

import {
  ChatKitError,
  type ChatKitErrorReason,
  errorEvent,
  errorTable,
  refusal,
  turnError,
} from "./errors.ts";
import { streamEventSchema } from "./protocol/events.ts";

/** The error contract: status, event, may the client offer a retry. */
const contract: Record<string, [number, "custom" | "stream.error", boolean]> = {
  not_found: [404, "custom", false],
  invalid_request: [400, "custom", false],
  thread_busy: [409, "custom", true],
  conflict: [409, "custom", false],
  rate_limited: [429, "custom", true],
  overloaded: [503, "stream.error", true],
  draining: [503, "stream.error", true],
  store_unavailable: [503, "stream.error", true],
  storage_full: [503, "custom", false],
  upstream_rate_limited: [503, "custom", true],
  upstream_quota: [402, "custom", false],
  upstream_auth: [502, "custom", false],
  upstream_rejected: [502, "custom", false],
  upstream_unavailable: [503, "stream.error", true],
  upstream_timeout: [504, "stream.error", true],
  upstream_malformed: [502, "stream.error", true],
  payload_too_large: [413, "custom", false],
  not_configured: [501, "stream.error", true],
  refused: [500, "custom", false],
  internal: [500, "stream.error", true],
};

test("every row keeps the contract, and every code of the contract has a row", () => {
  const reasons = Object.keys(errorTable).filter((key): key is ChatKitErrorReason => key in errorTable);
  expect(new Set(reasons.map((reason) => errorTable[reason].code))).toEqual(new Set(Object.keys(contract)));
  for (const reason of reasons) {
    const error = new ChatKitError(reason, { cause: new Error("canary") });
    const event = errorEvent(error);
    const message = event.code === "custom" ? error.message : undefined;
    expect([reason, error.httpStatus, event.code, event.allow_retry]).toEqual([
      reason,
      ...(contract[error.code] ?? []),
    ]);
    expect([reason, event.message]).toEqual([reason, message]);
    expect(streamEventSchema.parse(event)).toEqual(event);
    expect(JSON.stringify(event)).not.toContain("canary");
  }
});

test("an application speaks for itself: in a stream with its words, to a request with its status", () => {
  expect(errorEvent(turnError({ message: "Quota" }))).toEqual({
    type: "error",
    code: "custom",
    message: "Quota",
    allow_retry: false,
  });
  expect(errorEvent(turnError({ message: "Quota", allowRetry: true })).allow_retry).toBe(true);
  for (const [code, allowRetry, expected] of [
    ["stream.error", undefined, true],
    ["stream.error", false, false],
    ["other", undefined, false],
    ["other", true, true],
  ] as const) {
    const told = allowRetry === undefined ? { code } : { code, allowRetry };
    expect(errorEvent(turnError(told))).toEqual({ type: "error", code, allow_retry: expected });
  }
  expect(refusal(413, "Too long.")).toMatchObject({ code: "refused", httpStatus: 413, message: "Too long." });
  expect(errorEvent(refusal(413, "Too long."))).toEqual({
    type: "error",
    code: "stream.error",
    allow_retry: true,
  });
});

test("what is not ours shows nothing of itself", () => {
  expect(errorEvent(new TypeError("canary"))).toEqual({
    type: "error",
    code: "stream.error",
    allow_retry: true,
  });
  expect(errorEvent("canary")).toEqual({ type: "error", code: "stream.error", allow_retry: true });
});

test("the wait comes from the error if it knows, else from the row", () => {
  expect(new ChatKitError("upstream_rate_limited", { retryAfterMs: 7_000 }).retryAfterMs).toBe(7_000);
  expect(new ChatKitError("storage_full").retryAfterMs).toBe(60_000);
  expect(new ChatKitError("not_found").retryAfterMs).toBeNull();
});
