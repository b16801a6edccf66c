// Faults that never become a request: too large, too slow, or not HTTP. Answered on the bare socket, then closed.

import { ServerResponse } from "node:http";
import type { Socket } from "node:net";

import { edgeAnswer, errorBody, type EdgeErrorCode } from "./errors.ts";
import { newRequestId } from "./request-id.ts";

const codes: Readonly<Record<string, EdgeErrorCode>> = {
  HPE_HEADER_OVERFLOW: "headers_too_large",
  ERR_HTTP_REQUEST_TIMEOUT: "request_timeout",
};

const reasons: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
};

/** The connection is closed by us, whatever its client does (S8, R4). */
export function answerConnectionFault(error: { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  const answer = edgeAnswer(codes[error.code ?? ""] ?? "invalid_request");
  const body = errorBody(answer, newRequestId());
  socket.write(
    [
      `HTTP/1.1 ${answer.httpStatus} ${reasons[answer.httpStatus] ?? "Refused"}`,
      "content-type: application/json; charset=utf-8",
      `content-length: ${Buffer.byteLength(body)}`,
      "content-security-policy: default-src 'none';base-uri 'none';frame-ancestors 'none'",
      "x-content-type-options: nosniff",
      "cache-control: no-store",
      "connection: close",
      "",
      body,
    ].join("\r\n"),
  );
  socket.destroySoon();
}

/** Bytes of ours would land in the middle of the answer. Node keeps the answer there, and looks there itself. */
function isAnswering(socket: Socket): boolean {
  return (
    "_httpMessage" in socket &&
    socket._httpMessage instanceof ServerResponse &&
    socket._httpMessage.headersSent
  );
}
