// POST /v1/responses: checks the request as the vendor does, and sends what a script plans.

import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

import { z } from "zod";

import { ApiFailure } from "./api-failure.ts";
import type { Exchange } from "./request-record.ts";
import type { ResponsePlan, ResponseRequest } from "./response-plan.ts";

const userPart = z.looseObject({ type: z.enum(["input_text", "input_image", "input_file"]) });
const assistantPart = z.looseObject({ type: z.enum(["output_text", "refusal"]) });
const message = z.discriminatedUnion("role", [
  z.looseObject({
    type: z.literal("message").optional(),
    role: z.enum(["user", "system", "developer"]),
    content: z.union([z.string(), z.array(userPart).min(1)]),
  }),
  z.looseObject({
    type: z.literal("message").optional(),
    role: z.literal("assistant"),
    content: z.union([z.string(), z.array(assistantPart).min(1)]),
  }),
]);
const otherItem = z.looseObject({ type: z.string().refine((type) => type !== "message") });

const requestBody = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(z.union([otherItem, message])).min(1)]),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
});

/** Throws ApiFailure for what the vendor would refuse. */
export function parseResponseRequest(body: unknown, models: readonly string[]): ResponseRequest {
  const parsed = requestBody.safeParse(body);
  if (!parsed.success) {
    const param = parsed.error.issues[0]?.path.join(".") || null;
    throw new ApiFailure(400, { message: "Invalid request.", code: "invalid_value", param });
  }
  if (!models.includes(parsed.data.model)) {
    const code = "model_not_found";
    throw new ApiFailure(400, { message: "The requested model does not exist.", code, param: "model" });
  }
  return { ...parsed.data, stream: parsed.data.stream ?? false };
}

/** Resolves when the plan has been carried out; rejects when the client leaves before. */
export async function sendResponse(exchange: Exchange, plan: ResponsePlan, stream: boolean): Promise<void> {
  const { reply, gone } = exchange;
  const { paceMs = 0, firstEventAfterMs = 0, end = "close" } = plan;
  if (!stream) return sendWhole(exchange, plan);

  reply.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" });
  reply.flushHeaders();
  if (firstEventAfterMs > 0) await delay(firstEventAfterMs, undefined, { signal: gone });
  for (const [index, event] of plan.events.entries()) {
    if (paceMs > 0 && index > 0) await delay(paceMs, undefined, { signal: gone });
    await write(exchange, frameOf(event), plan.pieceBytes);
  }
  if (end === "hang") await exchange.record.ended;
  else if (end === "reset") exchange.drop();
  else reply.end();
}

async function sendWhole({ reply, gone }: Exchange, plan: ResponsePlan): Promise<void> {
  const waitMs = (plan.firstEventAfterMs ?? 0) + (plan.paceMs ?? 0) * plan.events.length;
  if (waitMs > 0) await delay(waitMs, undefined, { signal: gone });
  const last = plan.events.findLast((event) => typeof event !== "string" && "response" in event);
  const body = typeof last === "object" && "response" in last ? last.response : null;
  reply.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function write(
  { reply, gone }: Exchange,
  frame: string,
  pieceBytes: number | undefined,
): Promise<void> {
  gone.throwIfAborted();
  if (pieceBytes === undefined) {
    if (!reply.write(frame)) await once(reply, "drain", { signal: gone });
    return;
  }
  const bytes = Buffer.from(frame);
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    // Each piece has left before the next is written, so that they are not joined on the way.
    await new Promise<void>((done) => reply.write(bytes.subarray(start, start + pieceBytes), () => done()));
    gone.throwIfAborted();
  }
}

function frameOf(event: ResponsePlan["events"][number]): string {
  return typeof event === "string" ? event : `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
