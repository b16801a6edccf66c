// Puts the element under a tag of the page's choice.

import { SidekitChat } from "./element.ts";
import { SidekitChatError } from "./errors.ts";

/**
 * Registers `<sidekit-chat>`, or the same element under another tag: as `openai-chatkit` it is what
 * `@openai/chatkit-react` drives. Idempotent; throws `tag_taken` when another element holds the tag.
 */
export function registerAs(tag = "sidekit-chat"): void {
  const holder = customElements.get(tag);
  if (holder !== undefined) {
    if (holder.prototype instanceof SidekitChat) return;
    throw new SidekitChatError("tag_taken");
  }
  // The platform takes a class under one tag only.
  customElements.define(tag, class extends SidekitChat {});
}
