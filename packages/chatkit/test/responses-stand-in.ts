// An HTTP server that speaks the upstream's API as a test tells it to.

import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Empty when it is not JSON. */
  readonly body: Record<string, unknown>;
  readonly bytes: Buffer;
  /** Whichever connection it came on, counted from 1. */
  readonly connection: number;
}

export type Reply = (response: ServerResponse) => Promise<void> | void;

export interface StandIn extends AsyncDisposable {
  readonly baseURL: string;
  readonly requests: SeenRequest[];
  /** Milliseconds since 1970 at which a client broke off a reply. */
  readonly cutAtMs: number[];
  /** One per request, in order; a request too many gets a 500 that no test expects. */
  answer(...replies: Reply[]): void;
}

export async function startStandIn(): Promise<StandIn> {
  const requests: SeenRequest[] = [];
  const cutAtMs: number[] = [];
  const replies: Reply[] = [];
  let connections = 0;
  const connectionOf = new WeakMap<object, number>();

  const server = createServer(async (request, response) => {
    response.on("close", () => {
      if (!response.writableFinished) cutAtMs.push(Date.now());
    });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const isJson = request.headers["content-type"] === "application/json";
    requests.push({
      path: request.url ?? "",
      headers: request.headers,
      body: isJson ? JSON.parse(bytes.toString()) : {},
      bytes,
      connection: connectionOf.get(request.socket) ?? 0,
    });
    const reply = replies.shift() ?? json(500, { error: { code: "not_scripted" } });
    await reply(response);
  });
  server.on("connection", (socket) => connectionOf.set(socket, ++connections));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    requests,
    cutAtMs,
    answer: (...more) => void replies.push(...more),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", "x-request-id": "req_1", ...headers });
    response.end(JSON.stringify(body));
  };
}

/** The events as they travel: named frames of JSON. */
export function frames(events: readonly object[]): string {
  return events
    .map(
      (event) =>
        ("type" in event ? `event: ${String(event.type)}\n` : "") + `data: ${JSON.stringify(event)}\n\n`,
    )
    .join("");
}

/** A stream of events, in one piece. */
export function stream(events: readonly object[]): Reply {
  return bytes(frames(events));
}

/** A stream of text, cut into pieces that arrive apart. */
export function bytes(text: string, pieceBytes = Number.POSITIVE_INFINITY): Reply {
  return async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    const all = Buffer.from(text);
    for (let start = 0; start < all.length; start += pieceBytes) {
      response.write(all.subarray(start, Math.min(start + pieceBytes, all.length)));
      if (pieceBytes < all.length) await nextTurn();
    }
    response.end();
  };
}

/** Some events, then nothing more, with the connection left open. */
export function hang(events: readonly object[]): Reply {
  return (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    response.write(frames(events));
  };
}

/** Some events, then the connection breaks. */
export function reset(events: readonly object[]): Reply {
  return async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(frames(events));
    await sleep(20);
    response.socket?.resetAndDestroy();
  };
}

/** The events of a response that is one message of one text part. */
export function textResponse(pieces: readonly string[], id = `msg_${"0".repeat(48)}`): object[] {
  const text = pieces.join("");
  return [
    { type: "response.created", response: { id: "resp_1", status: "in_progress" } },
    ...messageEvents(pieces, id, { type: "output_text", text, annotations: [] }),
    { type: "response.completed", response: { id: "resp_1", status: "completed" } },
  ];
}

export function messageEvents(
  pieces: readonly string[],
  id: string,
  part: { type: string; text: string; annotations?: object[] },
): object[] {
  return [
    {
      type: "response.output_item.added",
      output_index: 0,
      item: { id, type: "message", role: "assistant", status: "in_progress", content: [] },
    },
    {
      type: "response.content_part.added",
      item_id: id,
      output_index: 0,
      content_index: 0,
      part: { type: part.type, text: "", annotations: [] },
    },
    ...pieces.map((delta) => ({
      type: "response.output_text.delta",
      item_id: id,
      output_index: 0,
      content_index: 0,
      delta,
    })),
    { type: "response.output_text.done", item_id: id, output_index: 0, content_index: 0, text: part.text },
    { type: "response.content_part.done", item_id: id, output_index: 0, content_index: 0, part },
    {
      type: "response.output_item.done",
      output_index: 0,
      item: { id, type: "message", role: "assistant", status: "completed", content: [part] },
    },
  ];
}

/** The events of a response in which the model only calls functions. */
export function callResponse(
  ...calls: readonly { name: string; arguments: string; call_id: string; id?: string }[]
): object[] {
  const items = calls.map((call, index) => ({
    type: "function_call",
    id: `fc_${index}`,
    status: "completed",
    ...call,
  }));
  return [
    ...items.flatMap((item, output_index) => [
      { type: "response.output_item.added", output_index, item: { ...item, arguments: "" } },
      { type: "response.output_item.done", output_index, item },
    ]),
    { type: "response.completed", response: { status: "completed" } },
  ];
}
