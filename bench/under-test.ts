// What a bare server needs in order to be measured: a port, word of it, and an end when it is asked for.

import type { Server } from "node:http";

import { answerUsage } from "./usage.ts";

export function serveUnderTest(server: Server): void {
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("A server listens on a port.");
    process.stdout.write(`ready at http://127.0.0.1:${address.port}\n`);
  });
  answerUsage();
  process.once("SIGTERM", () => {
    server.close();
    server.closeAllConnections();
  });
}
