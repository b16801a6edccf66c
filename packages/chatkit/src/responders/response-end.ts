// How a response ended, in the upstream's own closing words; and what is made of that.

import type { ResponderEvent } from "../ports.ts";
import {
  errorEvent,
  failedEvent,
  incompleteEvent,
  type UpstreamFailureFacts,
  usedEvent,
} from "../model-run/response-schemas.ts";
import { malformed } from "./upstream-failures.ts";

/** Told to the user when an answer ends early. */
const earlyEnd = {
  lengthLimit: "This answer stops early: the model reached its length limit.",
  contentFilter: "This answer was stopped by the model provider's content filter.",
  other: "This answer stops early.",
} as const;

export type ResponseEnd =
  | { readonly kind: "completed" }
  | { readonly kind: "incomplete"; readonly reason: string | null }
  | { readonly kind: "failed"; readonly upstreamCode: string | null; readonly upstreamType: string | null };

/** Null for an event that is not the last. */
export function responseEndOf(event: unknown): ResponseEnd | null {
  if (typeof event !== "object" || event === null || !("type" in event)) return null;
  switch (event.type) {
    case "response.completed":
      return { kind: "completed" };
    case "response.incomplete": {
      const parsed = incompleteEvent.safeParse(event);
      if (!parsed.success) throw malformed("incomplete response.incomplete");
      return { kind: "incomplete", reason: parsed.data.response.incomplete_details?.reason ?? null };
    }
    case "response.failed": {
      const parsed = failedEvent.safeParse(event);
      if (!parsed.success) throw malformed("incomplete response.failed");
      return failed(parsed.data.response.error);
    }
    case "error": {
      const parsed = errorEvent.safeParse(event);
      if (!parsed.success) throw malformed("incomplete error");
      return failed(parsed.data.error ?? { code: parsed.data.code, type: null });
    }
    default:
      return null;
  }
}

/** What a response took, by its last event; 0 when that does not say. */
export function tokensOf(event: unknown): number {
  return usedEvent.safeParse(event).data?.response.usage.total_tokens ?? 0;
}

/** What the user is told of an answer that ended early for this reason. */
export function earlyEndEvent(reason: string | null): ResponderEvent {
  if (reason === "content_filter") {
    return { type: "error", code: "custom", message: earlyEnd.contentFilter, allow_retry: false };
  }
  const message = reason === "max_output_tokens" ? earlyEnd.lengthLimit : earlyEnd.other;
  return { type: "notice", level: "warning", message };
}

function failed(facts: UpstreamFailureFacts | null | undefined): ResponseEnd {
  return { kind: "failed", upstreamCode: facts?.code ?? null, upstreamType: facts?.type ?? null };
}
