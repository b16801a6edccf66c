// One line per request, with these fields and no others (security contract, 9.1), and one per security event that its
// answer amounts to (9.2). Never a body, a query or a whole address.

import { isIPv6, type Socket } from "node:net";

import { requestTypes } from "@sidekit/chatkit/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import fastifyPlugin from "fastify-plugin";

import { requestFacts, type RequestFacts } from "../request-facts.ts";
import type { StreamEnding } from "../routes/run-stream.ts";

declare module "fastify" {
  interface FastifyRequest {
    facts: RequestFacts;
    appCode: string | null;
    /** The procedures that a request calls: names of the router, else `unknown`. */
    procedure: string | null;
    runId: string | null;
    /** Whether a procedure is answered by a stream. */
    procedureStream: boolean;
    streamEnding: StreamEnding | null;
  }
}

const linesWanted: ReadonlySet<string> = new Set(["trace", "debug", "info"]);
const threadIdForm = /^thr_[0-9A-Za-z]{22}$/;
const knownTypes: ReadonlySet<string> = new Set(requestTypes);

/** What a refusal is called beside its code. Those of a session's or issuer's credential are told where they are found. */
const refusals: Readonly<Record<string, string>> = {
  host_not_allowed: "host.refused",
  origin_not_allowed: "origin.refused",
  forbidden: "authz.refused",
  rate_limited: "limit.tripped",
  credential_in_url: "auth.refused",
};

export const requestLog = fastifyPlugin(
  async (app: FastifyInstance) => {
    const counted = new WeakMap<Socket, { read: number; written: number }>();
    app.decorateRequest("facts");
    app.decorateRequest("appCode", null);
    app.decorateRequest("procedure", null);
    app.decorateRequest("runId", null);
    app.decorateRequest("procedureStream", false);
    app.decorateRequest("streamEnding", null);
    app.addHook("onRequest", (request, reply, done) => {
      // A connection that is gone has no address any more.
      const { ip } = request;
      request.facts = { requestId: request.id, actor: null, upstreamRequestId: null };
      const write = () => requestFacts.run(request.facts, writeLine, request, reply, ip);
      // Fastify's own hook leaves out answers that were cut off.
      reply.raw.once("close", () => {
        // How a stream ended is known a moment after its end.
        if (request.runId !== null || request.procedureStream) setImmediate(write);
        else if (linesWanted.has(request.log.level) || refusals[request.appCode ?? ""] !== undefined) write();
      });
      requestFacts.run(request.facts, done);
    });
    // What comes after the body has been read is called by the socket, outside of the scope above.
    app.addHook("preValidation", (request, _reply, done) => requestFacts.run(request.facts, done));

    function writeLine(request: FastifyRequest, reply: FastifyReply, address: string): void {
      const { facts, appCode, streamEnding, runId } = request;
      const refusal = refusals[appCode ?? ""];
      if (refusal !== undefined) request.log.warn({ reason: appCode }, refusal);
      if (streamEnding !== null) request.log.info({ reason: streamEnding, runId }, "stream.closed");
      // A line that nobody wants is not put together.
      if (!linesWanted.has(request.log.level)) return;
      request.log.info(
        {
          transport: streamEnding === null ? "http" : "sse",
          method: request.method,
          route: request.routeOptions.url ?? "unknown",
          procedure: request.procedure ?? undefined,
          op: operationOf(request),
          status: reply.raw.statusCode,
          appCode: appCode ?? undefined,
          durationMs: Math.round(reply.elapsedTime),
          ...bytesOf(request.raw.socket, counted),
          sessionId: request.session?.id,
          user: facts.actor?.user,
          tenant: facts.actor?.tenant,
          ip: networkOf(address),
          threadId: threadOf(request.body),
          runId: runId ?? undefined,
          upstreamRequestId: facts.upstreamRequestId ?? undefined,
        },
        "request",
      );
    }
  },
  { name: "request-log" },
);

/** The first 24 bits of an address, or 48: enough to see a crowd, too little to find a person. */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return "unknown";
  const plain = address.replace(/^::ffff:/i, "").replace(/%.*$/, "");
  if (!isIPv6(plain)) return `${plain.split(".").slice(0, 3).join(".")}.0/24`;
  const [left = "", right] = plain.split("::");
  const groups = left === "" ? [] : left.split(":");
  const missing = right === undefined ? 0 : 8 - groups.length - right.split(":").length;
  const whole = [...groups, ...Array<string>(Math.max(0, missing)).fill("0"), ...(right ?? "").split(":")];
  return `${whole
    .slice(0, 3)
    .map((group) => (group === "" ? "0" : group))
    .join(":")}::/48`;
}

function operationOf(request: FastifyRequest): string | undefined {
  if (request.routeOptions.url !== "/chatkit") return undefined;
  const type = memberOf(request.body, "type");
  return typeof type === "string" && knownTypes.has(type) ? type : "unknown";
}

/** Only what has the form of an id of ours: the request may be refused, and then nobody has looked at it. */
function threadOf(body: unknown): string | undefined {
  const id = memberOf(memberOf(body, "params"), "thread_id");
  return typeof id === "string" && threadIdForm.test(id) ? id : undefined;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** On the wire since the last request of this connection. */
function bytesOf(socket: Socket, counted: WeakMap<Socket, { read: number; written: number }>) {
  const before = counted.get(socket) ?? { read: 0, written: 0 };
  const { bytesRead: read, bytesWritten: written } = socket;
  counted.set(socket, { read, written });
  return { bytesIn: read - before.read, bytesOut: written - before.written };
}
