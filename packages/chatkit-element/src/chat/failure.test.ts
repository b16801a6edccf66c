import { expect, test } from "vitest";

import { SidekitChatError } from "../errors.ts";
import { failureOf } from "./failure.ts";

test("a limit that lasts is not told as one that passes in a moment", () => {
  const refused = (retryAfterMs: number) =>
    failureOf(
      new SidekitChatError("refused", { refusal: { status: 429, code: "rate_limited", retryAfterMs } }),
    );
  expect(refused(60_000)).toMatchObject({ code: "rate_limited", canRetry: true });
  expect(refused(61_000)).toMatchObject({ code: "budget_spent", canRetry: false });
});
