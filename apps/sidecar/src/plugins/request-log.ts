// One line per request, with these fields and no others (security contract, 9.1). Never an address, a body or a query.

import type { FastifyInstance } from "fastify";
import fastifyPlugin from "fastify-plugin";

import type { StreamEnding } from "../routes/run-stream.ts";

declare module "fastify" {
  interface FastifyRequest {
    appCode: string | null;
    runId: string | null;
    streamEnding: StreamEnding | null;
  }
}

export const requestLog = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.decorateRequest("appCode", null);
    app.decorateRequest("runId", null);
    app.decorateRequest("streamEnding", null);
    app.addHook("onResponse", async (request, reply) => {
      request.log.info(
        {
          transport: request.streamEnding === null ? "http" : "sse",
          method: request.method,
          route: request.routeOptions.url ?? "unknown",
          status: reply.raw.statusCode,
          appCode: request.appCode ?? undefined,
          durationMs: Math.round(reply.elapsedTime),
          sessionId: request.session?.id,
          runId: request.runId ?? undefined,
          ending: request.streamEnding ?? undefined,
        },
        "request",
      );
    });
  },
  { name: "request-log" },
);
