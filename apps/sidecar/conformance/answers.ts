// Compares an answer over HTTP with what was expected of it.

import type { Json } from "@sidekit/chatkit/protocol";

import type { Bindings } from "./bindings.ts";
import type { Answer } from "./case-format.ts";
import type { Reply } from "./chat-client.ts";
import { match, type Mismatch, parsed } from "./match.ts";

/** Null when it is what was expected. */
export function matchAnswer(
  expected: Answer,
  reply: Reply,
  bindings: Bindings,
  path: string,
): Mismatch | null {
  const differs = (wanted: string): Mismatch => ({ path, expected: wanted, actual: described(reply) });
  switch (expected.kind) {
    case "error": {
      const statuses = [expected.status].flat();
      const refused = reply.mediaType !== "text/event-stream" && statuses.includes(reply.status);
      return refused ? null : differs(`status ${statuses.join(" or ")}`);
    }
    case "json": {
      if (reply.status !== 200 || reply.mediaType !== "application/json") return differs("200 with JSON");
      return match(expected.body, parsed(reply.text), bindings, `${path}.body`);
    }
    case "sse":
      if (reply.status !== 200 || reply.mediaType !== "text/event-stream") return differs("200 with events");
      return matchStream(expected.events, expected.aborted === true, reply, bindings, path);
    case "http": {
      const statuses = [expected.status].flat();
      if (!statuses.includes(reply.status)) return differs(`status ${statuses.join(" or ")}`);
      if (expected.mediaType !== undefined && reply.mediaType !== expected.mediaType) {
        return { path: `${path}.mediaType`, expected: expected.mediaType, actual: reply.mediaType };
      }
      if (expected.events !== undefined) {
        return matchStream(expected.events, expected.aborted === true, reply, bindings, path);
      }
      if (expected.bodyText !== undefined && reply.text !== expected.bodyText) {
        return { path: `${path}.bodyText`, expected: expected.bodyText, actual: reply.text };
      }
      if (expected.body === undefined) return null;
      return match(expected.body, parsed(reply.text), bindings, `${path}.body`);
    }
    default:
      return expected satisfies never;
  }
}

/** Of several expectations the first that holds; what the others tied is untied. A failure is that of the first. */
export function matchAny<Expected extends object>(
  expect: Expected | { readonly anyOf: readonly Expected[] },
  bindings: Bindings,
  path: string,
  matches: (expected: Expected, path: string) => Mismatch | null,
): Mismatch | null {
  if (!("anyOf" in expect)) return matches(expect, path);
  const before = bindings.snapshot();
  let first: Mismatch | null = null;
  for (const [index, expected] of expect.anyOf.entries()) {
    const found = matches(expected, `${path}.anyOf[${index}]`);
    if (found === null) return null;
    first ??= found;
    bindings.restore(before);
  }
  return first;
}

/** The whole answer as one text. */
export function described({ status, mediaType, text, fault }: Reply): string {
  return `${status} ${mediaType ?? "without a type"}: ${fault === null ? text : `${text} (${fault})`}`;
}

function matchStream(
  events: readonly Json[],
  aborted: boolean,
  reply: Reply,
  bindings: Bindings,
  path: string,
): Mismatch | null {
  const found = match([...events], [...reply.events], bindings, `${path}.events`);
  if (found !== null || aborted || reply.fault === null) return found;
  return { path: `${path}.events`, expected: "well-formed frames and a normal end", actual: reply.fault };
}
