// The members that every new item has.

import type { ItemIdKind } from "../ports.ts";

/** Where a new item belongs: a `Turn` or a `SyncActionCall`. */
export interface ItemPlace {
  readonly thread: { readonly id: string };
  newId(kind: ItemIdKind): string;
  now(): string;
}

export function newItem(place: ItemPlace, kind: ItemIdKind) {
  return { id: place.newId(kind), thread_id: place.thread.id, created_at: place.now() };
}
