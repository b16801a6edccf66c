// Stands where a server would be: answers what the element asks with the frames of one scene.

import type { Frame } from "./frames.ts";

export interface Replay {
  readonly frames: readonly Frame[];
  /** The answer does not end, as while a model writes. */
  readonly isOpen?: boolean;
  /** What the list of conversations has. */
  readonly threads?: readonly object[];
}

const streaming = new Set([
  "threads.create",
  "threads.add_user_message",
  "threads.retry_after_item",
  "threads.custom_action",
  "threads.add_structured_input",
  "threads.add_client_tool_output",
]);

/** For the option `api.fetch`: nothing leaves the page. */
export function createReplay({ frames, isOpen = false, threads = [] }: Replay): typeof fetch {
  return async (_input, init) => {
    const type = typeOf(init?.body);
    if (streaming.has(type)) return streamOf(type === "threads.create" ? frames : [], isOpen, init?.signal);
    const data = type === "threads.list" ? threads : [];
    return Response.json({ data, has_more: false });
  };
}

function streamOf(
  frames: readonly Frame[],
  isOpen: boolean,
  signal: AbortSignal | null | undefined,
): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const frame of frames) controller.enqueue(encoder.encode(`data: ${JSON.stringify(frame)}\n\n`));
      if (!isOpen) return controller.close();
      signal?.addEventListener("abort", () => controller.error(signal.reason), { once: true });
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

function typeOf(body: BodyInit | null | undefined): string {
  if (typeof body !== "string") return "";
  const asked: unknown = JSON.parse(body);
  return asked instanceof Object && "type" in asked && typeof asked.type === "string" ? asked.type : "";
}
