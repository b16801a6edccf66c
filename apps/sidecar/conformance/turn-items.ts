// Items and events of a script, with what an application would have filled in.

import type { Turn } from "@sidekit/chatkit";
import type { Json, JsonObject } from "@sidekit/chatkit/protocol";

import { isObject } from "./match.ts";

/** An event whose item, if it has one, says where and when it is. */
export function withPlace(event: Json, turn: Turn): Json {
  if (!isObject(event) || !isObject(event["item"])) return event;
  return { ...event, item: itemWithPlace(event["item"], turn) };
}

/** The very object, if it is complete: a script may go on changing it. */
export function itemWithPlace(item: JsonObject, turn: Turn): JsonObject {
  const whole = "thread_id" in item && "created_at" in item;
  return whole ? item : { thread_id: turn.thread.id, created_at: turn.now(), ...item };
}
