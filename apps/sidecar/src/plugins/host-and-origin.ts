// First check of every request: is this host name ours, and may this page call (S9, S11–S13, S17, S18).

import type { IncomingMessage } from "node:http";

import type { FastifyInstance, FastifyRequest } from "fastify";
import fastifyPlugin from "fastify-plugin";

import type { AllowLists } from "../allow-lists.ts";
import { EdgeError } from "../errors.ts";

const singleFields = ["host", "origin", "authorization", "content-type", "content-length"];
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

export const hostAndOrigin = fastifyPlugin(
  async (app: FastifyInstance, options: { readonly lists: () => AllowLists }) => {
    app.addHook("onRequest", async (request) => {
      assertOurs(request, options.lists());
    });
  },
  { name: "host-and-origin" },
);

/** Throws EdgeError unless the request is for a host of ours and from a page that may call. */
export function assertOurs(request: FastifyRequest, lists: AllowLists): void {
  refuseRepeatedFields(request.raw);
  const target = request.raw.url ?? "";
  if (target.length > maxTargetLength) throw new EdgeError("uri_too_long");
  // A target with an authority of its own would name a second host.
  if (!target.startsWith("/")) throw new EdgeError("host_not_allowed");
  if (!lists.hostAllowed(request.headers.host ?? "")) throw new EdgeError("host_not_allowed");
  if (!hasAllowedSource(request, lists)) throw new EdgeError("origin_not_allowed");
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
    if (seen.has(name)) throw new EdgeError(name === "host" ? "host_not_allowed" : "invalid_request");
    seen.add(name);
  }
}
