// The HTTP application: plugins, then routes, in order. Never listens.

import type { IncomingMessage, Server } from "node:http";

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
import { limitConnections } from "./connection-slots.ts";
import { edgeAnswer, sendError } from "./errors.ts";
import { createEventCounts } from "./event-counts.ts";
import { descriptorLimit } from "./file-descriptors.ts";
import { httpLimitsFor, type HttpLimits } from "./http-limits.ts";
import { watchOverload } from "./overload.ts";
import { credentials, sessionByBearer } from "./plugins/credentials.ts";
import { answerFor, errorReplies } from "./plugins/error-replies.ts";
import { health } from "./plugins/health.ts";
import { assertOurs, hostAndOrigin } from "./plugins/host-and-origin.ts";
import { jsonOnly } from "./plugins/json-only.ts";
import { requestDeadline } from "./plugins/request-deadline.ts";
import { requestLog } from "./plugins/request-log.ts";
import { shedding } from "./plugins/shedding.ts";
import { upgradeRefusal } from "./plugins/upgrade-refusal.ts";
import { crossOrigin, dataHeaders, securityHeaders } from "./plugins/security-headers.ts";
import { requestIdOf } from "./request-id.ts";
import { attachmentRoutes } from "./routes/attachments.ts";
import { chatKitRoutes } from "./routes/chatkit.ts";
import { elementRoutes } from "./routes/element.ts";
import { hostProofRoutes } from "./routes/host-proof.ts";
import { selfVisitRoutes } from "./routes/self-visit.ts";
import { trpcRoutes } from "./routes/trpc.ts";
import { uiRoutes } from "./routes/ui.ts";
import { proxyMatcher } from "./settings-network.ts";

export interface AppOptions {
  readonly parts: Parts;
  readonly log: Logger;
  /** True once the process is to end: it is no longer ready. */
  readonly draining: () => boolean;
  /** Addresses and networks of reverse proxies; none unless given. */
  readonly trustedProxies?: readonly string[];
  readonly limits?: Partial<HttpLimits>;
}

export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { parts, log, trustedProxies = [] } = options;
  const proxied = trustedProxies.length > 0;
  const limits = { ...httpLimitsFor({ proxied, descriptors: descriptorLimit() }), ...options.limits };
  const isProxy = proxyMatcher(trustedProxies);
  const counts = createEventCounts({ report: (event, count) => log.warn({ count }, event) });
  const logger: FastifyBaseLogger = log;
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (request: IncomingMessage) => requestIdOf(request, isProxy),
    // Whatever is logged while a request is served names it already.
    childLoggerFactory: (parent) => parent,
    requestIdHeader: false,
    trustProxy: proxied && isProxy,
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
      // Ours is the answer to a request without one.
      requireHostHeader: false,
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
        assertOurs(request, parts.lists(), isProxy);
      } catch (refusal) {
        answer = answerFor(refusal);
      }
      void sendError(request, reply.headers(dataHeaders), answer);
    },
    clientErrorHandler: answerConnectionFault,
  });
  hardenServer(app.server);
  const slots = limitConnections(app.server, {
    connections: limits.connections,
    dropped: () => counts.add("conn.dropped"),
  });
  const overload = watchOverload({ observe: ({ event, ...fields }) => log.warn(fields, event) });
  app.addHook("onClose", async () => overload[Symbol.dispose]());

  await app.register(requestLog);
  await app.register(requestDeadline, { timeoutMs: limits.requestTimeoutMs });
  await app.register(errorReplies);
  await app.register(securityHeaders, parts);
  await app.register(hostAndOrigin, {
    lists: parts.lists,
    isProxy,
    spoofed: () => counts.add("proxy.spoofed"),
  });
  await app.register(shedding, { overload, slots });
  await app.register(upgradeRefusal);
  await app.register(crossOrigin, { lists: parts.lists });
  await app.register(jsonOnly, {
    admitLargeBody: async ({ session }) => {
      if (session !== null) parts.requestLimits.admit(session, null);
    },
    leaked: parts.revokeLeaked,
  });
  await app.register(credentials, parts);
  await app.register(health, { dependencies: parts.dependencies, draining: options.draining });

  if (parts.startedByHost) await app.register(hostProofRoutes, { launchToken: parts.launchToken });
  await app.register(selfVisitRoutes, { visits: parts.selfVisits });
  await app.register(trpcRoutes, {
    prefix: "/trpc",
    router: parts.router,
    authenticateIssuer: parts.authenticateIssuer,
    pseudonyms: parts.pseudonyms,
    callerLimits: parts.callerLimits,
    draining: options.draining,
    stream: { heartbeatMs: limits.heartbeatMs, stallMs: limits.stallMs, durationMs: limits.streamMs },
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
  await app.register(elementRoutes, { distDir: parts.elementDistDir });
  await app.register(uiRoutes, { distDir: parts.uiDistDir });
  return app;
}

function hardenServer(server: Server): void {
  // Beyond this Node drops fields in silence; the first check refuses the request before that.
  server.maxHeadersCount = 256;
  // Judged and refused like any other request; Node's own answer would lack our headers.
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
  server.on("connect", (_request, socket) => socket.destroy());
}
