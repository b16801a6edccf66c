// Error and not-found replies outside tRPC: one form, fixed sentences, nothing of what was thrown (section 6, S7, S76).

import type { FastifyInstance, FastifyRequest } from "fastify";
import fastifyPlugin from "fastify-plugin";

import { ChatKitError } from "@sidekit/chatkit";
import { ChatSessionError } from "@sidekit/chat-session";

import { type AnsweredError, edgeAnswer, EdgeError, sendError, servedMethods } from "../errors.ts";

/** Codes of the framework that have a row in our contract. */
const frameworkRows = {
  FST_ERR_CTP_BODY_TOO_LARGE: "payload_too_large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported_media_type",
  FST_ERR_CTP_EMPTY_JSON_BODY: "invalid_json",
  FST_ERR_CTP_INVALID_JSON_BODY: "invalid_json",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "invalid_request",
  FST_ERR_BAD_URL: "not_found",
  FST_ERR_MAX_PARAM_LENGTH: "uri_too_long",
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: "method_not_allowed",
} as const;

export const errorReplies = fastifyPlugin(
  async (app: FastifyInstance) => {
    const served = new Map<string, Set<string>>();
    app.addHook("onRoute", (route) => {
      const methods = served.get(route.url) ?? new Set<string>();
      for (const method of [route.method].flat()) if (method !== "OPTIONS") methods.add(method);
      served.set(route.url, methods);
    });

    app.setErrorHandler(async (error, request, reply) => {
      // Nobody is left to answer; whoever left began nothing (R10).
      if (reply.raw.destroyed) {
        request.log.info({ reason: "client" }, "stream.closed");
        return reply.hijack();
      }
      const answer = answerFor(error);
      if (answer.code === "internal") request.log.error({ err: error }, "request.failed");
      else request.log.debug({ err: error }, "request.refused");
      return sendError(request, reply, answer);
    });

    app.setNotFoundHandler(async (request, reply) => {
      // Of these the answer says nothing about what is there (S77).
      if (!servedMethods.includes(request.method)) {
        return sendError(request, reply, edgeAnswer("method_not_allowed"));
      }
      const methods = methodsOf(served, request);
      if (methods === null || methods.has(request.method))
        return sendError(request, reply, edgeAnswer("not_found"));
      return sendError(
        request,
        reply.header("allow", [...methods].join(", ")),
        edgeAnswer("method_not_allowed"),
      );
    });
  },
  { name: "error-replies" },
);

/** The row for whatever was thrown; what is not ours is internal. */
export function answerFor(error: unknown): AnsweredError {
  if (error instanceof EdgeError) return edgeAnswer(error.code, error.retryAfterMs);
  if (error instanceof ChatSessionError || error instanceof ChatKitError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const row = Object.entries(frameworkRows).find(([framework]) => framework === code)?.[1];
  return edgeAnswer(row ?? "internal");
}

function methodsOf(
  served: ReadonlyMap<string, ReadonlySet<string>>,
  request: FastifyRequest,
): ReadonlySet<string> | null {
  const path = request.url.split("?", 1)[0]!;
  for (const [pattern, methods] of served) {
    if (pattern === "*" || pattern === "/*") continue;
    if (matches(pattern, path)) return methods;
  }
  return null;
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  return (
    wanted.length === given.length && wanted.every((part, at) => part.startsWith(":") || part === given[at])
  );
}
