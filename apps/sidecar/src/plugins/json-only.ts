// Bodies are JSON, decided before a byte of them is read (S24), and bounded before they are parsed (L5, L7).

import type { FastifyInstance } from "fastify";
import fastifyPlugin from "fastify-plugin";

import { EdgeError } from "../errors.ts";
import { findJsonProblem } from "../json-bounds.ts";

const jsonType = /^application\/json(; ?charset=utf-8)?$/i;
const utf8 = new TextDecoder("utf-8", { fatal: true });

export const jsonOnly = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.addHook("onRequest", async (request) => {
      const {
        "content-type": type,
        "content-length": length,
        "transfer-encoding": encoding,
      } = request.headers;
      const hasBody = encoding !== undefined || (length !== undefined && length !== "0");
      if (request.method === "POST" || hasBody) {
        if (type === undefined || !jsonType.test(type)) throw new EdgeError("unsupported_media_type");
      }
    });

    app.removeAllContentTypeParsers();
    app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, done) => {
      // Clients that name the type on every request send no body with some.
      if (body.length === 0 && request.method === "DELETE") return done(null, undefined);
      try {
        done(null, parseBoundedJson(typeof body === "string" ? body : decodeUtf8(body)));
      } catch (error) {
        done(error as EdgeError);
      }
    });
  },
  { name: "json-only", dependencies: ["host-and-origin"] },
);

/** Throws EdgeError when a bound is broken. */
export function assertBoundedJson(text: string): void {
  const problem = findJsonProblem(text);
  if (problem === null) return;
  throw new EdgeError(
    problem === "prototype_key" || problem === "duplicate_key" ? "invalid_request" : "json_too_complex",
  );
}

function parseBoundedJson(text: string): unknown {
  assertBoundedJson(text);
  try {
    return JSON.parse(text);
  } catch {
    throw new EdgeError("invalid_json");
  }
}

/** Throws EdgeError when the bytes are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new EdgeError("invalid_json");
  }
}
