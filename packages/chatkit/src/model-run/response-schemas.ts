// The parts of the Responses API's stream events that this package reads. Everything else in them is left alone.

import { z } from "zod";

/** More content parts than any answer has; an index beyond is a broken stream, not a list to be padded. */
const maxContentParts = 64;

const partIndex = z.int().nonnegative().lt(maxContentParts);

const contentPart = z.object({
  type: z.string(),
  text: z.string().nullish(),
  refusal: z.string().nullish(),
  annotations: z.array(z.unknown()).nullish(),
});
export type UpstreamContentPart = z.infer<typeof contentPart>;

const otherItem = z.object({ type: z.string() });
const imageItem = z.object({
  type: z.literal("image_generation_call"),
  id: z.string().min(1),
  /** Base64; there when the item is done and an image was made. */
  result: z.string().nullish(),
});
const messageItem = z.object({
  type: z.literal("message"),
  id: z.string().min(1),
  content: z
    .array(contentPart)
    .max(maxContentParts)
    .nullish()
    .transform((parts) => parts ?? []),
});

const failureFacts = z.object({ code: z.string().nullish(), type: z.string().nullish() });
export type UpstreamFailureFacts = z.infer<typeof failureFacts>;

export const itemEvent = z.object({ item: z.union([messageItem, imageItem, otherItem]) });
export const partEvent = z.object({ item_id: z.string(), content_index: partIndex, part: contentPart });
export const textDoneEvent = z.object({ item_id: z.string(), content_index: partIndex, text: z.string() });
export const refusalDoneEvent = z.object({
  item_id: z.string(),
  content_index: partIndex,
  refusal: z.string(),
});
export const annotationEvent = z.object({
  item_id: z.string(),
  content_index: partIndex,
  annotation: z.unknown(),
});
export const summaryDeltaEvent = z.object({ item_id: z.string(), summary_index: z.int(), delta: z.string() });
export const summaryDoneEvent = z.object({ item_id: z.string(), summary_index: z.int(), text: z.string() });
export const partialImageEvent = z.object({
  item_id: z.string(),
  partial_image_index: z.int().nonnegative(),
  partial_image_b64: z.string(),
});
export const incompleteEvent = z.object({
  response: z.object({ incomplete_details: z.object({ reason: z.string().nullish() }).nullish() }),
});
export const usedEvent = z.object({
  response: z.object({ usage: z.object({ total_tokens: z.int().min(0) }) }),
});
export const failedEvent = z.object({ response: z.object({ error: failureFacts.nullish() }) });
/** The facts are members of the event itself, or of its `error`. */
export const errorEvent = z.object({ ...failureFacts.shape, error: failureFacts.nullish() });

export interface TextDelta {
  readonly item_id: string;
  readonly content_index: number;
  readonly delta: string;
}

/** One call per token: checked by hand, where a schema would cost as much as the rest of the way. */
export function isTextDelta(event: object): event is TextDelta {
  return (
    "item_id" in event &&
    typeof event.item_id === "string" &&
    "delta" in event &&
    typeof event.delta === "string" &&
    "content_index" in event &&
    typeof event.content_index === "number" &&
    Number.isInteger(event.content_index) &&
    event.content_index >= 0 &&
    event.content_index < maxContentParts
  );
}
