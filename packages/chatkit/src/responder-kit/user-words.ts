// What a user wrote, and how to repeat it.

import type { Turn } from "../ports.ts";
import { plainText } from "../responders/user-text.ts";

/** What the user wrote, as one line of plain text without control characters; empty in any other turn. */
export function userWords(turn: Turn): string {
  return turn.userMessage === null ? "" : plainText(turn.userMessage);
}

/** Shows text in Markdown as it is: no character of it acts as markup, and no address in it becomes a link. */
export function escapeMarkdown(words: string): string {
  return words.replaceAll(/[!-/:-@[-`{-~]/g, String.raw`\$&`);
}
