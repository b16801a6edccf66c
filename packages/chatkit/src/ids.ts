// Identifiers: a prefix that says what it names, and 128 random bits (S66).

import { randomFillSync } from "node:crypto";

import { z } from "zod";

import type { ItemIdKind } from "./ports.ts";

export type IdPrefix = "thr" | "msg" | "run" | "wf" | "tsk" | "tc" | "shcx" | "atc";

/** By what an item's id says that it names. */
export const itemIdPrefixes = {
  message: "msg",
  tool_call: "tc",
  task: "tsk",
  workflow: "wf",
  hidden_context: "shcx",
} as const satisfies Record<ItemIdKind, IdPrefix>;

/** A fresh id that nobody can guess. What belongs to a thread is made with the id of that thread. */
export type NewId = (prefix: IdPrefix, threadId?: string) => string;

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 62^22 exceeds 2^128. */
const digits = 22;
/** Drawing entropy for many ids at once costs a thirtieth of drawing it for each. */
const pool = Buffer.alloc(8192);
let used = pool.length;

/** The form of a run id, for whoever takes one from a URL. */
export const runIdSchema = z.string().regex(/^run_[0-9A-Za-z]{22}$/);

export const randomId: NewId = (prefix) => {
  let text = `${prefix}_`;
  for (let count = 0; count < digits;) {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    // Six bits name one of 64: the two that are no digit are drawn again, so that all digits are as likely.
    const digit = pool.readUInt8(used++) & 63;
    if (digit >= alphabet.length) continue;
    text += alphabet.charAt(digit);
    count++;
  }
  return text;
};
