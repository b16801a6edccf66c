// What every response says to a browser (S21, S25), and which pages elsewhere may read it.

import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";

import cors from "@fastify/cors";
import type { FastifyInstance } from "fastify";
import fastifyPlugin from "fastify-plugin";
import helmet from "helmet";

import type { AllowLists } from "../allow-lists.ts";

const corsMaxAgeSeconds = 600;

/** Policy of the pages: everything from this server, nothing inline, nothing framed. */
const pagePolicy = {
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

declare module "fastify" {
  interface FastifyContextConfig {
    /** This route answers with a page, whose policy lets it load its own files. */
    page?: boolean;
  }
}

/** What goes with every answer that is not a page. */
export const dataHeaders = { ...helmetHeaders(dataPolicy), "cache-control": "no-store", vary: "Origin" };

export interface SecurityHeadersOptions {
  /** Where pages load files from, and send them to, beside this server; null when nowhere else. */
  readonly filesOrigin: string | null;
  /** Of an element that is not ours; null when the page loads none. */
  readonly elementScriptUrl: string | null;
}

export const securityHeaders = fastifyPlugin(
  async (app: FastifyInstance, options: SecurityHeadersOptions) => {
    const pageHeaders = { ...dataHeaders, ...helmetHeaders(policyWith(options)) };
    app.addHook("onRequest", (request, reply, done) => {
      const isPage = request.routeOptions.config.page === true;
      void reply.headers(isPage ? pageHeaders : dataHeaders).header("x-request-id", request.id);
      done();
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
      methods: ["GET", "POST", "PUT", "DELETE"],
      allowedHeaders: [
        "authorization",
        "content-type",
        "accept-language",
        "last-event-id",
        "x-sidekit-current-secret",
        "x-sidekit-repeat",
      ],
      exposedHeaders: ["x-request-id", "x-sidekit-run-id", "retry-after"],
      credentials: false,
      maxAge: corsMaxAgeSeconds,
      // An OPTIONS that asks for nothing is answered like one that does, and not in a form of its own.
      strictPreflight: false,
    });
  },
  { name: "cross-origin", dependencies: ["host-and-origin"] },
);

function policyWith({ filesOrigin, elementScriptUrl }: SecurityHeadersOptions): Record<string, string[]> {
  const files = filesOrigin === null ? [] : [filesOrigin];
  // The folder that the script is in, for it loads its frame from there, and no more of that host than this.
  const element = elementScriptUrl === null ? [] : [new URL(".", elementScriptUrl).href];
  return {
    ...pagePolicy,
    "script-src": [...pagePolicy["script-src"], ...element],
    "img-src": [...pagePolicy["img-src"], ...files],
    "connect-src": [...pagePolicy["connect-src"], ...files],
    ...(element.length > 0 && { "frame-src": element }),
  };
}

/** The same for every request, and costly to have Helmet work out each time: asked once, of an answer that goes nowhere. */
function helmetHeaders(
  policy: Record<string, string[]>,
): Record<string, number | string | string[] | undefined> {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  const setHeaders = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: policy },
    crossOriginResourcePolicy: { policy: "same-origin" },
    referrerPolicy: { policy: "no-referrer" },
    // TLS ends in front of this process, if anywhere.
    strictTransportSecurity: false,
    xPoweredBy: false,
  });
  setHeaders(response.req, response, (problem) => {
    if (problem !== undefined) throw problem;
  });
  return { ...response.getHeaders() };
}
