// What a run of the SDK failed with, as an error of ours. The SDK's errors hold the whole run, and may quote the
// upstream: nothing of them goes on but what kind they are.

import {
  AgentsError,
  InputGuardrailTripwireTriggered,
  MaxTurnsExceededError,
  ModelBehaviorError,
  ModelTimeoutError,
  OutputGuardrailTripwireTriggered,
  ToolInputGuardrailTripwireTriggered,
  ToolOutputGuardrailTripwireTriggered,
} from "@openai/agents";
import { APIError } from "openai";

import { ChatKitError, turnError } from "../../errors.ts";
import { GuardrailTripped } from "../../model-run/model-run.ts";
import { malformed, requestFailure, responseFailure, transportOf } from "../upstream-failures.ts";

const maxCauses = 8;

/** ChatKitError `upstream_*`, `application` or `internal`, or GuardrailTripped; what the application threw stays. */
export function runFailure(thrown: unknown): unknown {
  for (const error of causesOf(thrown)) {
    if (error instanceof ChatKitError || error instanceof GuardrailTripped) return error;
    const failure = requestFailure(error);
    if (failure) {
      const { code, retryAfterMs } = failure;
      return new ChatKitError(
        code,
        retryAfterMs === null ? {} : { retryAfterMs: Math.max(retryAfterMs, 1_000) },
      );
    }
    const kind = tripwireOf(error);
    if (kind !== null) return new GuardrailTripped(kind);
  }
  if (thrown instanceof MaxTurnsExceededError) {
    return turnError({
      message: "This took more steps than are allowed. Try a smaller question.",
      allowRetry: true,
    });
  }
  if (thrown instanceof ModelTimeoutError) return new ChatKitError("upstream_timeout");
  if (thrown instanceof ModelBehaviorError) return malformed("the model broke the rules of its run");
  if (thrown instanceof AgentsError) {
    return new ChatKitError("internal", { cause: new Error(thrown.constructor.name) });
  }
  return thrown;
}

/** What a model's stream failed with: always a ChatKitError, as nothing but the upstream speaks there. */
export function modelFailure(thrown: unknown): ChatKitError {
  const failure = runFailure(thrown);
  if (failure instanceof ChatKitError) return failure;
  if (thrown instanceof APIError) {
    const facts = { upstreamCode: thrown.code ?? null, upstreamType: thrown.type ?? null };
    return new ChatKitError(responseFailure(facts).code);
  }
  if (thrown instanceof SyntaxError) return malformed("event that is not JSON");
  return new ChatKitError("upstream_unavailable", {
    cause: new Error(transportOf(thrown) ?? "the stream broke"),
  });
}

function tripwireOf(error: Error): GuardrailTripped["kind"] | null {
  if (error instanceof InputGuardrailTripwireTriggered) return "input";
  if (error instanceof OutputGuardrailTripwireTriggered) return "output";
  if (error instanceof ToolInputGuardrailTripwireTriggered) return "tool_input";
  return error instanceof ToolOutputGuardrailTripwireTriggered ? "tool_output" : null;
}

/** The SDK wraps what a tool or a guardrail threw in a member `error`. */
function causesOf(thrown: unknown): Error[] {
  const causes: Error[] = [];
  let error = thrown;
  while (error instanceof Error && causes.length < maxCauses) {
    causes.push(error);
    error = "error" in error && error.error instanceof Error ? error.error : error.cause;
  }
  return causes;
}
