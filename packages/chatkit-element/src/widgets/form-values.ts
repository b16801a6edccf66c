// How the values of a form join the payload of an action (protocol 4.14.7).

import type { Json } from "@sidekit/chatkit/protocol";

type JsonObject = { [name: string]: Json };

export interface FormValue {
  /** Dots nest. */
  readonly name: string;
  readonly value: Json;
}

export interface FilledPayload {
  readonly payload: Json;
  /** Names whose value had no place: what the action says itself is kept. */
  readonly dropped: readonly string[];
}

/** Changes neither the payload nor the values. */
export function payloadWith(own: Json, values: readonly FormValue[]): FilledPayload {
  if (values.length === 0) return { payload: own, dropped: [] };
  if (own !== null && !isObject(own)) return { payload: own, dropped: values.map(({ name }) => name) };
  const payload: JsonObject = structuredClone(own ?? {});
  const dropped = values.filter(({ name, value }) => !place(payload, name, value)).map(({ name }) => name);
  return { payload, dropped };
}

function place(payload: JsonObject, name: string, value: Json): boolean {
  const path = name.split(".");
  const last = path.pop();
  // As a plain name it would reach the prototype instead of the object.
  if (last === undefined || last === "" || [...path, last].includes("__proto__")) return false;
  let target = payload;
  for (const part of path) {
    const there = Object.hasOwn(target, part) ? target[part] : undefined;
    if (there === undefined) {
      const made: JsonObject = {};
      target[part] = made;
      target = made;
    } else if (isObject(there)) target = there;
    else return false;
  }
  if (Object.hasOwn(target, last)) return false;
  target[last] = value;
  return true;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
