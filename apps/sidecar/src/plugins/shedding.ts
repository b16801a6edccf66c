// New work is refused while there is too much of it (L39, R1), and over connections that are kept for health (R3).

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import fastifyPlugin from "fastify-plugin";

import type { ConnectionSlots } from "../connection-slots.ts";
import { EdgeError } from "../errors.ts";
import type { OverloadWatch } from "../overload.ts";

type UnderLoad = "shed" | "served" | "served-from-reserve";

const retryAfterMs = { least: 1000, spread: 4000 } as const;

declare module "fastify" {
  interface FastifyContextConfig {
    /** What becomes of this route's requests when there is too much to do; shed unless told. */
    underLoad?: UnderLoad | ((request: FastifyRequest) => UnderLoad);
  }
}

export interface SheddingOptions {
  readonly overload: Pick<OverloadWatch, "overloaded">;
  readonly slots: ConnectionSlots;
}

export const shedding = fastifyPlugin(
  async (app: FastifyInstance, { overload, slots }: SheddingOptions) => {
    app.addHook("onRequest", async (request: FastifyRequest, reply: FastifyReply) => {
      const isReserve = slots.isReserve(request.raw.socket);
      if (isReserve) void reply.header("connection", "close");
      if (!isReserve && !overload.overloaded) return;
      const { underLoad = "shed" } = request.routeOptions.config;
      const fate = typeof underLoad === "function" ? underLoad(request) : underLoad;
      if (fate === "served-from-reserve" || (fate === "served" && !isReserve)) return;
      // Not all of them come back at once.
      throw new EdgeError("overloaded", {
        retryAfterMs: retryAfterMs.least + Math.random() * retryAfterMs.spread,
      });
    });
  },
  { name: "shedding", dependencies: ["host-and-origin"] },
);
