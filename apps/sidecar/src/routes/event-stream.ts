// The head of an event stream, and the hand-over of its connection (S98).

import type { FastifyReply } from "fastify";

/** Sends status and header fields; from here on the route writes to the connection itself. */
export function beginEventStream(reply: FastifyReply, headers: Record<string, string> = {}): void {
  void reply.headers({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
    vary: "Origin",
    ...headers,
  });
  reply.hijack();
  reply.raw.writeHead(200, headersOf(reply));
}

/** A hijacked reply does not write what hooks have set. */
function headersOf(reply: FastifyReply): Record<string, string | number | string[]> {
  const headers: Record<string, string | number | string[]> = {};
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) headers[name] = value;
  return headers;
}
