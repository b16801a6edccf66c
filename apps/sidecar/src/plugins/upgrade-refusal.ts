// No address here speaks WebSocket yet: a handshake is answered as HTTP, after Host and Origin have been judged (S10,
// S86, S87). Other protocols are passed over, as RFC 9110 lets a server do, and the request is answered as it is.

import type { FastifyInstance } from "fastify";
import fastifyPlugin from "fastify-plugin";

import { EdgeError } from "../errors.ts";

/** RFC 6455. */
const webSocketVersion = "13";

export const upgradeRefusal = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.addHook("onRequest", async (request, reply) => {
      const { upgrade, "sec-websocket-version": version } = request.headers;
      if (upgrade === undefined || !/\bwebsocket\b/i.test(upgrade)) return;
      if (version === webSocketVersion) throw new EdgeError("not_found");
      void reply.header("sec-websocket-version", webSocketVersion);
      throw new EdgeError("upgrade_required");
    });
  },
  { name: "upgrade-refusal", dependencies: ["host-and-origin"] },
);
