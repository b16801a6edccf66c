// What a request is called in logs and answers: a name of ours, or the one that a proxy of ours gave it (S163).

import type { IncomingMessage } from "node:http";

const inboundForm = /^[A-Za-z0-9_-]{8,64}$/;

export function requestIdOf(request: IncomingMessage, isProxy: (address: string) => boolean): string {
  const given = request.headers["x-request-id"];
  if (typeof given === "string" && inboundForm.test(given) && isProxy(request.socket.remoteAddress ?? "")) {
    return given;
  }
  return newRequestId();
}

export function newRequestId(): string {
  return `req_${crypto.randomUUID().replaceAll("-", "")}`;
}
