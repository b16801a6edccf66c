// How long a request may take to arrive whole (L2). Node has one deadline for all of them: it is the one for uploads, and
// every other request is cut here.

import type { FastifyInstance } from "fastify";
import fastifyPlugin from "fastify-plugin";

import { answerConnectionFault } from "../connection-faults.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Leaves a request whose sender is known, and who sends a file, the time that Node gives. */
    awaitUpload: () => void;
  }
}

export const requestDeadline = fastifyPlugin(
  async (app: FastifyInstance, options: { readonly timeoutMs: number }) => {
    app.decorateRequest("awaitUpload", () => {});
    app.addHook("onRequest", (request, _reply, done) => {
      const { raw } = request;
      const { "content-length": length, "transfer-encoding": encoding } = request.headers;
      if (encoding !== undefined || (length !== undefined && length !== "0")) {
        const late = () => answerConnectionFault({ code: "ERR_HTTP_REQUEST_TIMEOUT" }, raw.socket);
        const timer = setTimeout(late, options.timeoutMs);
        const stop = () => clearTimeout(timer);
        raw.once("end", stop).once("close", stop);
        request.awaitUpload = stop;
      }
      done();
    });
  },
  { name: "request-deadline" },
);
