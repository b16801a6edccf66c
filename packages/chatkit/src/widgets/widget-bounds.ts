// How large a widget of the application may be (S113).

import { ChatKitError } from "../errors.ts";

export const widgetBounds = { nodes: 2_000, depth: 32, bytes: 256 * 1_024 } as const;

/**
 * Throws `internal`, with what is wrong as cause, for a tree of more than 2,000 objects, more than 32 levels or more than
 * 256 KiB of JSON (S113); thus also for one that contains itself. Takes time in proportion to the tree, at most to the
 * bounds and the elements of its lists.
 */
export function checkWidget(root: unknown): void {
  let nodes = 0;
  visit(root, 0);
  const bytes = new TextEncoder().encode(JSON.stringify(root)).byteLength;
  if (bytes > widgetBounds.bytes) refuse("is larger than 256 KiB");

  // A list is a level of its own only inside another list.
  function visit(value: unknown, depth: number): void {
    if (typeof value !== "object" || value === null) return;
    if (depth >= widgetBounds.depth) refuse("has more than 32 levels");
    if (++nodes > widgetBounds.nodes) refuse("has more than 2,000 objects");
    for (const member of Array.isArray(value) ? value : Object.values(value)) {
      const elements = Array.isArray(member) && !Array.isArray(value) ? member : [member];
      for (const element of elements) visit(element, depth + 1);
    }
  }
}

function refuse(reason: string): never {
  throw new ChatKitError("internal", { cause: new RangeError(`the widget ${reason}`) });
}
