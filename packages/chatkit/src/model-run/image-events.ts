// Images that a model makes, from the placeholder to the picture (protocol 10.2, 10.3).

import type { z } from "zod";

import type { ResponderEvent, Turn } from "../ports.ts";
import type { GeneratedImageItem } from "../protocol/index.ts";
import type { ModelConversions } from "./model-run.ts";
import type { partialImageEvent } from "./response-schemas.ts";

interface ImageCall {
  readonly id: string;
  readonly result?: string | null | undefined;
}

export interface ImageEvents {
  added(call: ImageCall): void;
  partial(event: z.infer<typeof partialImageEvent>): Promise<void>;
  /** Without a result the placeholder is taken away: otherwise it would stay on the screen. */
  done(call: ImageCall): Promise<void> | undefined;
  /** None of the open images will come. */
  abandon(): void;
}

export function isImageCall(item: { type: string }): item is ImageCall & { type: string } {
  return item.type === "image_generation_call" && "id" in item;
}

export function createImageEvents(
  turn: Pick<Turn, "thread" | "newId" | "now">,
  options: ModelConversions,
  emit: (event: ResponderEvent) => void,
): ImageEvents {
  const { imageUrl = ({ base64 }) => `data:image/png;base64,${base64}`, partialImages = 0 } = options;
  const open = new Map<string, GeneratedImageItem>();

  return {
    added({ id: callId }) {
      const image: GeneratedImageItem = {
        id: turn.newId("message"),
        thread_id: turn.thread.id,
        created_at: turn.now(),
        type: "generated_image",
      };
      open.set(callId, image);
      emit({ type: "thread.item.added", item: image });
    },
    async partial({ item_id: callId, partial_image_index: partialIndex, partial_image_b64: base64 }) {
      const image = open.get(callId);
      if (image === undefined) return;
      const url = await imageUrl({ callId, base64, partialIndex });
      emit({
        type: "thread.item.updated",
        item_id: image.id,
        update: {
          type: "generated_image.updated",
          image: { id: callId, url },
          progress: partialImages > 0 ? Math.min(1, partialIndex / partialImages) : 0,
        },
      });
    },
    done({ id: callId, result }) {
      const image = open.get(callId);
      if (image === undefined) return undefined;
      open.delete(callId);
      if (result) return finished(image, callId, result);
      emit({ type: "thread.item.removed", item_id: image.id });
      return undefined;
    },
    abandon() {
      for (const { id } of open.values()) emit({ type: "thread.item.removed", item_id: id });
      open.clear();
    },
  };

  async function finished(image: GeneratedImageItem, callId: string, base64: string): Promise<void> {
    const url = await imageUrl({ callId, base64, partialIndex: null });
    emit({ type: "thread.item.done", item: { ...image, image: { id: callId, url } } });
  }
}
