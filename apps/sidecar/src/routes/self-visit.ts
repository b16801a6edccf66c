// Where the doctor's visit arrives: two events, the second after a pause that only a proxy that holds back can swallow.

import type { FastifyInstance } from "fastify";

import type { SelfVisits } from "../doctor/self-visits.ts";
import { EdgeError } from "../errors.ts";
import { beginEventStream } from "./event-stream.ts";

/** Between the two events. */
export const visitPauseMs = 400;
const forwardingFields = [
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "forwarded",
  "x-real-ip",
];

export async function selfVisitRoutes(app: FastifyInstance, { visits }: { readonly visits: SelfVisits }) {
  app.get<{ Params: { nonce: string } }>(
    "/doctor/visits/:nonce",
    { config: { credential: "none" } },
    async (request, reply) => {
      const known = visits.receive(request.params.nonce, {
        forwarded: forwardingFields.some((field) => request.headers[field] !== undefined),
        believed: (request.ips?.length ?? 0) > 1,
      });
      if (!known) throw new EdgeError("not_found");
      beginEventStream(reply);
      reply.raw.write('data: {"visit":1}\n\n');
      const second = setTimeout(() => reply.raw.end('data: {"visit":2}\n\n'), visitPauseMs);
      reply.raw.once("close", () => clearTimeout(second));
      return reply;
    },
  );
}
