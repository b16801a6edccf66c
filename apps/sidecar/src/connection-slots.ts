// How many connections there may be, with a few kept back for the question whether the server lives (L9, R3).

import type { Server } from "node:http";
import type { Socket } from "node:net";

/** R3. */
const reserveConnections = 16;

export interface ConnectionSlots {
  /** Whether a request came over a connection of the reserve, which answers one question about health and closes. */
  isReserve(socket: Socket): boolean;
}

export interface ConnectionSlotsOptions {
  readonly connections: number;
  /** Told of every connection that was closed because there were too many. */
  readonly dropped: () => void;
}

/**
 * Beyond the limit a connection comes into the reserve. When that is full too, the one that has been in it longest goes:
 * whoever asks at once is answered, whoever waits makes room.
 */
export function limitConnections(server: Server, options: ConnectionSlotsOptions): ConnectionSlots {
  const reserve = new Set<Socket>();
  let ordinary = 0;
  server.on("connection", (socket: Socket) => {
    if (ordinary < options.connections) {
      ordinary++;
      socket.once("close", () => ordinary--);
      return;
    }
    reserve.add(socket);
    socket.once("close", () => reserve.delete(socket));
    const [oldest] = reserve;
    if (oldest === undefined || reserve.size <= reserveConnections) return;
    reserve.delete(oldest);
    oldest.destroy();
    options.dropped();
  });
  return { isReserve: (socket) => reserve.has(socket) };
}
