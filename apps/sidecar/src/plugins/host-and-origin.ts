// First check of every request: is this host name ours, and may this page call (S9, S11–S13, S15, S17, S18).

import type { IncomingMessage } from "node:http";

import type { FastifyInstance, FastifyRequest } from "fastify";
import fastifyPlugin from "fastify-plugin";

import type { AllowLists } from "../allow-lists.ts";
import { EdgeError, type EdgeErrorCode } from "../errors.ts";

const singleFields = [
  "host",
  "origin",
  "authorization",
  "content-type",
  "content-length",
  "transfer-encoding",
];
/** The rest of them is not valid. */
const repeatedField: Readonly<Record<string, EdgeErrorCode>> = {
  host: "host_not_allowed",
  "content-type": "unsupported_media_type",
};
/** What only a proxy has to say (S15). */
const forwardingFields = [
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-real-ip",
];
/** Of a page from a file, which every page could claim to be (S20). */
const nullOriginMend =
  "Load the page from an http origin or a scheme of the application's own, not from a file.";
/** L4, L6. */
const maxHeaderFields = 100;
const maxTargetLength = 8192;

declare module "fastify" {
  interface FastifyContextConfig {
    /** This route may be opened from an address bar or a link. Only pages and their files. */
    navigable?: boolean;
    /** A page of any origin may show what this route answers. Only where the address is what opens it. */
    embeddable?: boolean;
  }
}

export interface HostAndOriginOptions {
  readonly lists: () => AllowLists;
  /** Whether a peer is a reverse proxy of ours. */
  readonly isProxy: (address: string) => boolean;
  /** Told of every request in which somebody else spoke as a proxy does. */
  readonly spoofed: () => void;
}

export const hostAndOrigin = fastifyPlugin(
  async (app: FastifyInstance, { lists, isProxy, spoofed }: HostAndOriginOptions) => {
    let explainedNull = false;
    app.addHook("onRequest", async (request, reply) => {
      const { upgrade, origin, "transfer-encoding": encoding } = request.headers;
      // Not everybody who reads this connection agrees on what comes after such a request (S8, S10).
      if (upgrade !== undefined || (encoding !== undefined && !isChunked(encoding))) {
        void reply.header("connection", "close");
      }
      if (origin === "null" && !explainedNull) {
        explainedNull = true;
        request.log.warn({ mend: nullOriginMend }, "origin.null");
      }
      assertOurs(request, lists(), isProxy);
      if (!isProxy(peerOf(request)) && forwardingFields.some((name) => name in request.headers)) spoofed();
    });
  },
  { name: "host-and-origin" },
);

/** Throws EdgeError unless the request is for a host of ours and from a page that may call. */
export function assertOurs(
  request: FastifyRequest,
  lists: AllowLists,
  isProxy: (address: string) => boolean,
): void {
  refuseRepeatedFields(request.raw);
  const { host, "x-forwarded-host": forwardedHost, "transfer-encoding": encoding, expect } = request.headers;
  // Of HTTP/1.1 it would not be a request at all.
  if (host === undefined && request.raw.httpVersion !== "1.0") throw new EdgeError("invalid_request");
  const target = request.raw.url ?? "";
  if (target.length > maxTargetLength) throw new EdgeError("uri_too_long");
  // A target with an authority of its own would name a second host.
  if (!target.startsWith("/")) throw new EdgeError("host_not_allowed");
  if (!lists.hostAllowed(host ?? "")) throw new EdgeError("host_not_allowed");
  if (forwardedHost !== undefined && isProxy(peerOf(request)) && !lists.hostAllowed(String(forwardedHost))) {
    throw new EdgeError("host_not_allowed");
  }
  if (!hasAllowedSource(request, lists)) throw new EdgeError("origin_not_allowed");
  // Codings that the parser lets pass and nobody undoes.
  if (encoding !== undefined && !isChunked(encoding)) throw new EdgeError("invalid_request");
  if (expect !== undefined && expect.toLowerCase() !== "100-continue") {
    throw new EdgeError("expectation_failed");
  }
}

function isChunked(encoding: string): boolean {
  return encoding.toLowerCase() === "chunked";
}

function peerOf(request: FastifyRequest): string {
  return request.raw.socket.remoteAddress ?? "";
}

function hasAllowedSource(request: FastifyRequest, lists: AllowLists): boolean {
  const { origin } = request.headers;
  const mode = request.headers["sec-fetch-mode"];
  const navigable = request.routeOptions?.config?.navigable === true;
  if (origin !== undefined) return lists.originAllowed(origin) && (mode !== "navigate" || navigable);
  if (mode === "navigate") return navigable;
  if (request.routeOptions?.config?.embeddable === true) return true;
  const site = request.headers["sec-fetch-site"];
  return site === undefined || site === "same-origin" || site === "none";
}

function refuseRepeatedFields(raw: IncomingMessage): void {
  if (raw.rawHeaders.length / 2 > maxHeaderFields) throw new EdgeError("headers_too_large");
  const seen = new Set<string>();
  for (let at = 0; at < raw.rawHeaders.length; at += 2) {
    const name = raw.rawHeaders[at]!.toLowerCase();
    if (!singleFields.includes(name)) continue;
    if (seen.has(name)) throw new EdgeError(repeatedField[name] ?? "invalid_request");
    seen.add(name);
  }
}
