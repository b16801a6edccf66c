// How a conversation gets its name.

import type { Turn } from "../ports.ts";
import { shorten, titleThread } from "../responders/thread-title.ts";

const maxTitleLength = 60;

/**
 * Names a thread that has no name yet: as told, or after what its user wrote, shortened to 60 characters. One that has a name keeps it.
 * Stored and announced with the next event of the turn, or at its end.
 */
export function nameThread(turn: Turn, title?: string): void {
  if (title === undefined) titleThread(turn.thread, turn.userMessage);
  else turn.thread.title ||= shorten(title, maxTitleLength);
}
