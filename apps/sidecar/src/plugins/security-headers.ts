// What every response says to a browser (S21, S25), and which pages elsewhere may read it.

import cors from "@fastify/cors";
import helmet from "@fastify/helmet";
import type { FastifyInstance } from "fastify";
import fastifyPlugin from "fastify-plugin";

import type { AllowLists } from "../allow-lists.ts";

const corsMaxAgeSeconds = 600;

/** Policy of the pages: everything from this server, nothing inline, nothing framed. */
export const pagePolicy = {
  "default-src": ["'none'"],
  "script-src": ["'self'"],
  "style-src": ["'self'"],
  "img-src": ["'self'", "data:"],
  "font-src": ["'self'"],
  "connect-src": ["'self'"],
  "base-uri": ["'none'"],
  "form-action": ["'none'"],
  "frame-ancestors": ["'none'"],
};

const dataPolicy = { "default-src": ["'none'"], "base-uri": ["'none'"], "frame-ancestors": ["'none'"] };

/** Helmet's options; a page differs from data in its policy alone. */
export function helmetOptions(policy: Record<string, string[]>) {
  return {
    contentSecurityPolicy: { useDefaults: false, directives: policy },
    crossOriginResourcePolicy: { policy: "same-origin" as const },
    referrerPolicy: { policy: "no-referrer" as const },
    // TLS ends in front of this process, if anywhere.
    strictTransportSecurity: false,
    xPoweredBy: false,
  };
}

export const securityHeaders = fastifyPlugin(
  async (app: FastifyInstance) => {
    await app.register(helmet, { global: true, ...helmetOptions(dataPolicy) });
    app.addHook("onRequest", async (request, reply) => {
      void reply
        .header("cache-control", "no-store")
        .header("x-request-id", request.id)
        .header("vary", "Origin");
    });
  },
  { name: "security-headers" },
);

/** Answers preflights of allowed origins; others were refused before this. */
export const crossOrigin = fastifyPlugin(
  async (app: FastifyInstance, options: { readonly lists: () => AllowLists }) => {
    await app.register(cors, {
      origin: (origin, decide) =>
        decide(null, origin !== undefined && options.lists().originAllowed(origin) ? origin : false),
      methods: ["GET", "POST", "DELETE"],
      allowedHeaders: ["authorization", "content-type", "accept-language", "last-event-id"],
      exposedHeaders: ["x-request-id", "x-sidekit-run-id", "retry-after"],
      credentials: false,
      maxAge: corsMaxAgeSeconds,
    });
  },
  { name: "cross-origin", dependencies: ["host-and-origin"] },
);
