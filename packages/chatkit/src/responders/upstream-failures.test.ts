import { APIConnectionError, APIError } from "openai";
import { expect, test } from "vitest";

import { requestFailure, responseFailure } from "./upstream-failures.ts";

test.each([
  ["2", 2_000],
  ["0", 0],
  ["-5", 0],
  ["1e9", 300_000],
  ["soon", null],
  ["", null],
  [new Date(Date.now() + 86_400_000).toUTCString(), 300_000],
  ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
])("Retry-After: %s is %s ms (R15)", (value, expected) => {
  const error = APIError.generate(429, {}, undefined, new Headers({ "retry-after": value }));
  expect(requestFailure(error)).toMatchObject({ retryAfterMs: expected });
});

test("R15: retry-after-ms is the more exact one", () => {
  const headers = new Headers({ "retry-after-ms": "1500", "retry-after": "2" });
  expect(requestFailure(APIError.generate(503, {}, undefined, headers))).toMatchObject({
    retryAfterMs: 1_500,
  });
});

test("S151, R27: of what the upstream writes, only short identifiers are kept, and nothing like a key", () => {
  const body = {
    error: { code: "sk-abc", type: "Incorrect API key provided", param: "x".repeat(65), message: "m" },
  };
  expect(requestFailure(APIError.generate(400, body, undefined, new Headers()))).toMatchObject({
    code: "upstream_rejected",
    upstreamCode: null,
    upstreamType: null,
    upstreamParam: null,
  });
  expect(
    responseFailure({ upstreamCode: "server error: sk-abc", upstreamType: null }).upstreamCode,
  ).toBeNull();
});

test("a failed connection is known by its cause class", () => {
  const cause = new TypeError("fetch failed", {
    cause: Object.assign(new Error("x"), { code: "ENOTFOUND" }),
  });
  expect(requestFailure(new APIConnectionError({ cause }))).toMatchObject({
    code: "upstream_unavailable",
    transport: "ENOTFOUND",
    transient: true,
  });
});

test("what is no failure of the upstream is not taken for one", () => {
  expect(requestFailure(new TypeError("ours"))).toBeNull();
});
