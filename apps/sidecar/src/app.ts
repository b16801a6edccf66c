// The HTTP application: plugins, then routes, in order. Never listens.

import type { Server } from "node:http";

import {
  fastify,
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import type { Logger } from "pino";

import type { Parts } from "./compose.ts";
import { answerConnectionFault } from "./connection-faults.ts";
import { edgeAnswer, sendError } from "./errors.ts";
import { credentials, sessionByBearer } from "./plugins/credentials.ts";
import { answerFor, errorReplies } from "./plugins/error-replies.ts";
import { health } from "./plugins/health.ts";
import { assertOurs, hostAndOrigin } from "./plugins/host-and-origin.ts";
import { jsonOnly } from "./plugins/json-only.ts";
import { requestDeadline } from "./plugins/request-deadline.ts";
import { requestLog } from "./plugins/request-log.ts";
import { crossOrigin, dataHeaders, securityHeaders } from "./plugins/security-headers.ts";
import { attachmentRoutes } from "./routes/attachments.ts";
import { chatKitRoutes } from "./routes/chatkit.ts";
import { selfVisitRoutes } from "./routes/self-visit.ts";
import { trpcRoutes } from "./routes/trpc.ts";
import { uiRoutes } from "./routes/ui.ts";

/** The limits that Node and Fastify keep for us; L1–L6, L9, L15, L16. */
export const httpLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  uploadTimeoutMs: 300_000,
  keepAliveTimeoutMs: 5_000,
  headerBlockBytes: 16_384,
  bodyBytes: 1_048_576,
  connections: 256,
  heartbeatMs: 15_000,
  stallMs: 30_000,
} as const;

export interface AppOptions {
  readonly parts: Parts;
  readonly log: Logger;
  /** True once the process is to end: it is no longer ready. */
  readonly draining: () => boolean;
  readonly limits?: Partial<Record<keyof typeof httpLimits, number>>;
}

export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { parts, log } = options;
  const limits = { ...httpLimits, ...options.limits };
  const logger: FastifyBaseLogger = log;
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    genReqId: () => `req_${crypto.randomUUID().replaceAll("-", "")}`,
    requestIdHeader: false,
    trustProxy: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: Math.max(limits.uploadTimeoutMs, limits.requestTimeoutMs),
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    // A client that takes nothing for so long is cut, whatever it was being sent.
    connectionTimeout: limits.stallMs,
    http: {
      headersTimeout: limits.headersTimeoutMs,
      maxHeaderSize: limits.headerBlockBytes,
      connectionsCheckingInterval: 1000,
      // Both more lenient settings of the parser stay off (S8).
      insecureHTTPParser: false,
      requireHostHeader: true,
    },
    exposeHeadRoutes: false,
    // Names of batched calls are joined in one path parameter.
    routerOptions: { maxParamLength: 4096 },
    forceCloseConnections: "idle",
    return503OnClosing: false,
    onProtoPoisoning: "error",
    onConstructorPoisoning: "error",
    // An address that cannot be decoded names nothing, and has passed no hook.
    frameworkErrors: (_error, request: FastifyRequest, reply: FastifyReply) => {
      let answer = edgeAnswer("not_found");
      try {
        assertOurs(request, parts.lists());
      } catch (refusal) {
        answer = answerFor(refusal);
      }
      void sendError(request, reply.headers(dataHeaders), answer);
    },
    clientErrorHandler: answerConnectionFault,
  });
  hardenServer(app.server, limits.connections);

  await app.register(requestLog);
  await app.register(requestDeadline, { timeoutMs: limits.requestTimeoutMs });
  await app.register(errorReplies);
  await app.register(securityHeaders, { filesOrigin: parts.filesOrigin });
  await app.register(hostAndOrigin, { lists: parts.lists });
  await app.register(crossOrigin, { lists: parts.lists });
  await app.register(jsonOnly);
  await app.register(credentials, parts);
  await app.register(health, { dependencies: parts.dependencies, draining: options.draining });

  await app.register(selfVisitRoutes, { visits: parts.selfVisits });
  await app.register(trpcRoutes, {
    prefix: "/trpc",
    router: parts.router,
    authenticateIssuer: parts.authenticateIssuer,
    draining: options.draining,
  });
  await app.register(chatKitRoutes, {
    server: parts.chatKit,
    limits: parts.requestLimits,
    openStreams: parts.openStreams,
    reauthenticate: (request) => sessionByBearer(request, parts.authenticateSession),
    callerOf: parts.callerOf,
    stream: { heartbeatMs: limits.heartbeatMs, stallMs: limits.stallMs },
  });
  if (parts.attachments !== null) {
    await app.register(attachmentRoutes, {
      attachments: parts.attachments,
      limits: parts.requestLimits,
      fileUploadOf: parts.fileUploadOf,
    });
  }
  await app.register(uiRoutes, { distDir: parts.uiDistDir });
  return app;
}

function hardenServer(server: Server, connections: number): void {
  server.maxConnections = connections;
  // Beyond this Node drops fields in silence; the first check refuses the request before that.
  server.maxHeadersCount = 256;
  // Nothing is served over another protocol yet (S10).
  server.on("upgrade", (_request, socket) => socket.destroy());
  server.on("connect", (_request, socket) => socket.destroy());
}
