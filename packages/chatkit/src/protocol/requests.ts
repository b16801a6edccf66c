// What a client can ask for. Unknown members are ignored: the vendor's element may send more tomorrow.

import { z } from "zod";

import { inferenceOptionsSchema, userContentSchema } from "./items.ts";
import { json, jsonObject, optional } from "./json.ts";
import { pageParamsSchema } from "./page.ts";

export const userInputSchema = z.object({
  content: z.array(userContentSchema),
  /** Ids. */
  attachments: z.array(z.string()),
  quoted_text: optional(z.string()),
  inference_options: inferenceOptionsSchema,
});
export type UserInput = z.infer<typeof userInputSchema>;

export const wireActionSchema = z.object({ type: z.string(), payload: json.optional() });
export type WireAction = z.infer<typeof wireActionSchema>;

const actionParamsSchema = z.object({
  thread_id: z.string(),
  /** The widget that sent the action; absent when it is the page. */
  item_id: optional(z.string()),
  action: wireActionSchema,
});
export type ActionParams = z.infer<typeof actionParamsSchema>;

export const structuredInputSubmissionSchema = z.object({
  status: z.enum(["answered", "skipped"]).default("answered"),
  answers: z
    .record(
      z.string(),
      z.object({ values: z.array(z.string()).default(() => []), skipped: z.boolean().default(false) }),
    )
    .default(() => ({})),
});
export type StructuredInputSubmission = z.infer<typeof structuredInputSubmissionSchema>;

const threadParams = z.object({ thread_id: z.string() });
const itemParams = z.object({ thread_id: z.string(), item_id: z.string() });

const streamingRequests = [
  request("threads.create", z.object({ input: userInputSchema })),
  request("threads.add_user_message", z.object({ thread_id: z.string(), input: userInputSchema })),
  request("threads.add_client_tool_output", z.object({ thread_id: z.string(), result: json })),
  request(
    "threads.add_structured_input",
    z.object({ thread_id: z.string(), item_id: z.string(), input: structuredInputSubmissionSchema }),
  ),
  request("threads.retry_after_item", itemParams),
  request("threads.custom_action", actionParamsSchema),
] as const;

const jsonRequests = [
  request("threads.sync_custom_action", actionParamsSchema),
  request("threads.get_by_id", threadParams),
  request("threads.list", pageParamsSchema),
  request("threads.update", z.object({ thread_id: z.string(), title: z.string() })),
  request("threads.delete", threadParams),
  request("items.list", pageParamsSchema.extend({ thread_id: z.string() })),
  request(
    "items.feedback",
    z.object({
      thread_id: z.string(),
      item_ids: z.array(z.string()),
      kind: z.enum(["positive", "negative"]),
    }),
  ),
  request("attachments.create", z.object({ name: z.string(), size: z.int(), mime_type: z.string() })),
  request("attachments.delete", z.object({ attachment_id: z.string() })),
  request("input.transcribe", z.object({ audio_base64: z.string(), mime_type: z.string() })),
] as const;

const streamingRequestSchema = z.discriminatedUnion("type", streamingRequests);
const jsonRequestSchema = z.discriminatedUnion("type", jsonRequests);

/** Everything a client can ask for; the sixteen types of the protocol. */
export const chatKitRequestSchema = z.discriminatedUnion("type", [...streamingRequests, ...jsonRequests]);
export type ChatKitRequest = z.infer<typeof chatKitRequestSchema>;

/** Requests answered with events. */
export type StreamingRequest = z.infer<typeof streamingRequestSchema>;
/** Requests answered with one JSON body. */
export type JsonRequest = z.infer<typeof jsonRequestSchema>;

const streamingTypes: ReadonlySet<string> = new Set(
  streamingRequests.map((schema) => schema.shape.type.value),
);

/** Whether requests of this type are answered with events. */
export function isStreamingType(type: string): type is StreamingRequest["type"] {
  return streamingTypes.has(type);
}

export const requestTypes: readonly ChatKitRequest["type"][] = [...streamingRequests, ...jsonRequests].map(
  (schema) => schema.shape.type.value,
);

function request<Type extends string, Params extends z.ZodType>(type: Type, params: Params) {
  return z.object({ type: z.literal(type), params, metadata: jsonObject.default(() => ({})) });
}
