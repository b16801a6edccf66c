// The stand-in of the vendor's API: real HTTP on loopback, ordinary answers in the vendor's shapes, and a script for
// everything that can go wrong.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";

import type { ChatSession } from "openai/resources/beta/chatkit/threads";

import { errorBody, jsonReply, type Answer } from "./upstream/answers.ts";
import { ApiFailure } from "./upstream/api-failure.ts";
import { checkBetaHeader, createChatKitSessions } from "./upstream/chatkit-sessions.ts";
import { receive, type Exchange, type Route, type UpstreamRequest } from "./upstream/request-record.ts";
import type { ResponseScript } from "./upstream/response-plan.ts";
import { parseResponseRequest, sendResponse } from "./upstream/responses.ts";
import { echoAnswer } from "./upstream/text-answer.ts";

export {
  apiError,
  hang,
  htmlPage,
  jsonReply,
  ordinary,
  rawReply,
  resetConnection,
  type Answer,
} from "./upstream/answers.ts";
export type { RequestEnd, Route, UpstreamRequest } from "./upstream/request-record.ts";
export type { ResponsePlan, ResponseRequest, ResponseScript } from "./upstream/response-plan.ts";
export { echoAnswer, textAnswer, textOf, type TextAnswerOptions } from "./upstream/text-answer.ts";

const usualModels = ["gpt-6-luna", "gpt-6-astra", "gpt-5.6-sol"];
const modelsCreatedAt = 1_780_000_000;
const receivedWithinMs = 5000;
/** A benchmark sends more: the oldest are then forgotten. */
const maxRequestsKept = 10_000;

export interface UpstreamOptions {
  /** 0, the default, lets the kernel choose. */
  readonly port?: number;
  /** The one key that is accepted. Default: every key that begins with `sk-`. */
  readonly apiKey?: string;
  readonly models?: readonly string[];
  /** How responses are answered unless told otherwise. Default: counts and quotes the input. */
  readonly script?: ResponseScript;
  /** Milliseconds since 1970, for the sessions' expiry. */
  readonly now?: () => number;
}

export interface Upstream extends AsyncDisposable {
  /** What a client's base URL is set to: `http://127.0.0.1:<port>/v1`. */
  readonly baseUrl: string;
  /** A key that is accepted. */
  readonly apiKey: string;
  /** Every request so far, in order of arrival. */
  readonly requests: readonly UpstreamRequest[];
  requestsTo(route: Route): UpstreamRequest[];
  /** The request of this number, 1 and up, to this route; waits for it at most 5 s. */
  received(route: Route, number?: number): Promise<UpstreamRequest>;
  /** One answer each for the next requests to this route, before anything else is looked at. */
  answerNext(route: "responses.create", ...answers: readonly (Answer | ResponseScript)[]): void;
  answerNext(route: Route, ...answers: readonly Answer[]): void;
  /** For all requests to this route behind those of `answerNext`; `ordinary` takes it back. */
  answerAlways(route: "responses.create", answer: Answer | ResponseScript): void;
  answerAlways(route: Route, answer: Answer): void;
  /** The ChatKit sessions that were created here, oldest first. */
  sessions(): ChatSession[];
}

/** Listens when it resolves. Disposing of it cuts what is still open. */
export async function startUpstream(options: UpstreamOptions = {}): Promise<Upstream> {
  const { port = 0, models = usualModels, script = echoAnswer, now = Date.now } = options;
  const apiKey = options.apiKey ?? `sk-proj-${randomBytes(24).toString("hex")}`;
  const sessions = createChatKitSessions(now);
  const requests: UpstreamRequest[] = [];
  const open = new Set<Exchange>();
  const queues = new Map<Route, (Answer | ResponseScript)[]>();
  const standing = new Map<Route, Answer | ResponseScript>();
  const arrivals = new EventTarget();

  const server = createServer((request, reply) => {
    void receive(request, reply).then((exchange) => exchange && handle(exchange));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");

  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    apiKey,
    requests,
    requestsTo,
    received,
    answerNext(route: Route, ...answers: readonly (Answer | ResponseScript)[]) {
      queues.set(route, [...(queues.get(route) ?? []), ...answers]);
    },
    answerAlways(route: Route, answer: Answer | ResponseScript) {
      standing.set(route, answer);
    },
    sessions: () => sessions.list(),
    async [Symbol.asyncDispose]() {
      // The callback comes also when the server is closed already.
      const closed = new Promise<void>((done) => server.close(() => done()));
      for (const exchange of open) exchange.drop();
      server.closeAllConnections();
      await closed;
    },
  };

  function requestsTo(route: Route): UpstreamRequest[] {
    return requests.filter((request) => request.route === route);
  }

  async function received(route: Route, number = 1): Promise<UpstreamRequest> {
    const deadline = AbortSignal.timeout(receivedWithinMs);
    for (;;) {
      const request = requestsTo(route)[number - 1];
      if (request) return request;
      await once(arrivals, "arrival", { signal: deadline }).catch(() => {
        throw new Error(`${route} has not been asked for ${number} times within ${receivedWithinMs} ms`);
      });
    }
  }

  async function handle(exchange: Exchange): Promise<void> {
    const { record, reply, gone } = exchange;
    open.add(exchange);
    void record.ended.then(() => open.delete(exchange));
    requests.push(record);
    if (requests.length > maxRequestsKept) requests.shift();
    arrivals.dispatchEvent(new Event("arrival"));
    reply.setHeader("x-request-id", `req_${randomBytes(16).toString("hex")}`);
    try {
      await answer(exchange);
    } catch (error) {
      if (gone.aborted || reply.destroyed) return;
      if (!(error instanceof ApiFailure)) {
        exchange.drop();
        throw error;
      }
      const { status, message, code, param } = error;
      await send(
        exchange,
        jsonReply(status, errorBody({ message, type: "invalid_request_error", param, code })),
      );
    }
  }

  async function answer(exchange: Exchange): Promise<void> {
    const { route } = exchange.record;
    const told = route === null ? undefined : (queues.get(route)?.shift() ?? standing.get(route));
    if (typeof told === "object" && told.kind !== "ordinary") return send(exchange, told);
    await doOrdinaryWork(exchange, typeof told === "function" ? told : script);
  }

  async function doOrdinaryWork(exchange: Exchange, respond: ResponseScript): Promise<void> {
    const { record } = exchange;
    const named = decodeURIComponent(
      record.path.split("/")[record.route === "sessions.cancel" ? 4 : 3] ?? "",
    );
    checkKey(record.headers.authorization, options.apiKey);
    switch (record.route) {
      case null:
        throw new ApiFailure(404, { message: `Unknown request: ${record.method} ${record.path}` });
      case "models.list":
        return send(exchange, jsonReply(200, { object: "list", data: models.map(modelOf) }));
      case "models.retrieve":
        if (!models.includes(named)) {
          throw new ApiFailure(404, {
            message: "The model does not exist.",
            code: "model_not_found",
            param: "model",
          });
        }
        return send(exchange, jsonReply(200, modelOf(named)));
      case "sessions.create":
        checkBetaHeader(headerOf(record, "openai-beta"));
        return send(exchange, jsonReply(200, sessions.create(jsonBody(record))));
      case "sessions.cancel":
        checkBetaHeader(headerOf(record, "openai-beta"));
        return send(exchange, jsonReply(200, sessions.cancel(named)));
      case "responses.create": {
        const request = parseResponseRequest(jsonBody(record), models);
        return sendResponse(exchange, respond(request), request.stream);
      }
      default:
        return record.route satisfies never;
    }
  }
}

async function send(exchange: Exchange, answer: Answer): Promise<void> {
  const { reply, gone } = exchange;
  switch (answer.kind) {
    case "reset":
      return exchange.drop();
    case "hang":
      await exchange.record.ended;
      return;
    case "reply": {
      const { status, headers, body, afterMs } = answer;
      if (afterMs > 0) await delay(afterMs, undefined, { signal: gone });
      reply.writeHead(status, headers);
      if (typeof body === "string" || body instanceof Uint8Array) reply.end(body);
      else await pipeline(Readable.from(body), reply);
      return;
    }
    case "ordinary":
      throw new Error("ordinary work is not sent");
    default:
      return answer satisfies never;
  }
}

/** The vendor's own refusal quotes part of the key, which nobody may pass on (S151). */
function checkKey(authorization: string | undefined, onlyKey: string | undefined): void {
  const [, key] = /^Bearer (\S+)$/.exec(authorization ?? "") ?? [];
  if (key === undefined) throw new ApiFailure(401, { message: "No API key was provided." });
  if (onlyKey === undefined ? key.startsWith("sk-") : key === onlyKey) return;
  const masked = `${key.slice(0, 8)}${"*".repeat(Math.max(key.length - 12, 0))}${key.slice(-4)}`;
  throw new ApiFailure(401, { message: `This API key is not correct: ${masked}.`, code: "invalid_api_key" });
}

function jsonBody(record: UpstreamRequest): unknown {
  if (record.body === undefined || !headerOf(record, "content-type")?.startsWith("application/json")) {
    throw new ApiFailure(400, { message: "The body is not JSON." });
  }
  return record.body;
}

function headerOf(record: UpstreamRequest, name: string): string | undefined {
  const value = record.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

function modelOf(id: string) {
  return { id, object: "model", created: modelsCreatedAt, owned_by: "upstream-stand-in" };
}
