import type { FastifyReply } from "fastify";

/** Aborted when the connection closes before the reply has ended, whoever closes it. */
export function closeSignal(reply: FastifyReply): AbortSignal {
  const closed = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableEnded) closed.abort();
  });
  return closed.signal;
}
