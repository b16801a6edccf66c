// The values inside a case: which directives may stand where, and what they come to.

import type { Json, JsonObject } from "@sidekit/chatkit/protocol";
import { z } from "zod";

import { type Bindings, placeholderKind } from "./bindings.ts";
import { isObject, soleDirective } from "./match.ts";

/** What the argument of a directive has to look like. */
type Check = (argument: Json) => boolean;
type Directives = Readonly<Record<string, Check>>;

const reference: Directives = { $ref: isText };
const computed: Directives = {
  ...reference,
  $get: isText,
  $concat: Array.isArray,
  $repeat: (given) => Array.isArray(given) && given.length === 2 && isText(given[0]) && isCount(given[1]),
  $merge: Array.isArray,
  $var: isText,
};
const comparing: Directives = {
  $prose: (given) => Array.isArray(given) && given.every(isFragment),
  $jsonText: () => true,
  $unordered: Array.isArray,
};

/** A value that is passed on as it is. */
export const givenValue = z.custom<Json>((value) => value !== undefined, "is missing");
/** A value that is sent, with references to ids that came before. */
export const sentValue = valueWith(reference);
/** A value in a script. */
export const scriptValue = valueWith(computed);
/** A value that is compared with. */
export const expectedValue = valueWith(comparing, true);
/** The same where times are instants. */
export const expectedRecord = valueWith({ ...comparing, $instant: isText }, true);

/** What a script knows while it runs. */
export interface Scope {
  readonly bindings: Bindings;
  /** What `$get` looks into, as it is now. */
  readonly facts: () => JsonObject;
  readonly kept: ReadonlyMap<string, JsonObject>;
}

/** The script itself is wrong: the case fails, whatever it expects to come of an exception. */
export class ScriptFault extends Error {
  override readonly name = "ScriptFault";
}

/** A copy of the value with every directive carried out; `$var` alone gives the very object that was kept. */
export function resolve(value: Json, scope: Scope): Json {
  if (Array.isArray(value)) return value.map((entry) => resolve(entry, scope));
  if (!isObject(value)) return value;
  const [name, argument] = soleDirective(value);
  if (name === null || argument === undefined || !Object.hasOwn(computed, name)) {
    return Object.fromEntries(
      Object.entries(value).map(([member, entry]) => [member, resolve(entry, scope)]),
    );
  }
  switch (name) {
    case "$ref":
      return known(scope.bindings.valueOf(String(argument)), `$ref ${String(argument)}`);
    case "$get":
      return valueAt(scope.facts(), String(argument).split("."));
    case "$var":
      return known(scope.kept.get(String(argument)), `$var ${String(argument)}`);
    case "$concat":
      return listOf(argument, scope)
        .map((part) => (typeof part === "string" ? part : JSON.stringify(part)))
        .join("");
    case "$repeat": {
      const [text, count] = listOf(argument, scope);
      return String(text).repeat(Number(count));
    }
    default:
      return Object.assign({}, ...listOf(argument, scope).filter(isObject));
  }
}

function valueWith(directives: Directives, placeholders = false) {
  return givenValue.superRefine((value, context) => {
    const problem = problemIn(value, directives, placeholders);
    if (problem !== null) context.addIssue({ code: "custom", message: problem });
  });
}

function problemIn(value: Json, directives: Directives, placeholders: boolean): string | null {
  if (typeof value === "string" && placeholders && placeholderKind(value) === "unknown") {
    return `holds the unknown placeholder ${value}`;
  }
  if (typeof value !== "object" || value === null) return null;
  if (!Array.isArray(value)) {
    const [name, argument] = soleDirective(value);
    if (name !== null && argument !== undefined) {
      const check = Object.hasOwn(directives, name) ? directives[name] : undefined;
      if (check === undefined) return `holds the unknown directive ${name}`;
      if (!check(argument)) return `holds a malformed ${name}`;
      if (name === "$prose") return null;
    }
  }
  for (const entry of Object.values(value)) {
    const problem = problemIn(entry, directives, placeholders);
    if (problem !== null) return problem;
  }
  return null;
}

/** JSON takes the rest of a text, so nothing can come after it. */
function isFragment(fragment: Json, index: number, all: readonly Json[]): boolean {
  if (typeof fragment === "string") return true;
  if (!isObject(fragment) || index !== all.length - 1) return false;
  const [name, argument] = soleDirective(fragment);
  return name === "$json" && argument !== undefined && problemIn(argument, comparing, true) === null;
}

function listOf(argument: Json, scope: Scope): Json[] {
  const list = resolve(argument, scope);
  return Array.isArray(list) ? list : [];
}

function valueAt(facts: Json, path: readonly string[]): Json {
  let value: Json = facts;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return null;
    const entry: Json | undefined = Array.isArray(value)
      ? value[Number(step)]
      : Object.hasOwn(value, step)
        ? value[step]
        : undefined;
    if (entry === undefined) return null;
    value = entry;
  }
  return value;
}

function known<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new ScriptFault(`${what} is not bound to anything yet.`);
  return value;
}

function isText(value: Json | undefined): value is string {
  return typeof value === "string";
}

function isCount(value: Json | undefined): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}
