// Compares what came with what was expected: placeholders, prose, instants and groups in any order included.

import type { Json, JsonObject } from "@sidekit/chatkit/protocol";

import { type Bindings, placeholderKind } from "./bindings.ts";

/** The first difference. A value that is not there is undefined. */
export interface Mismatch {
  /** Such as `steps[0].expect.events[3].item.id`. */
  readonly path: string;
  readonly expected: Json | undefined;
  readonly actual: Json | undefined;
}

type Found = Mismatch | null;

const dateTime = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)?$/;

/** Null when it matches. What placeholders stand for is kept in the bindings, also when a later part differs. */
export function match(expected: Json, actual: Json | undefined, bindings: Bindings, path: string): Found {
  const differs: Mismatch = { path, expected, actual };
  if (typeof expected === "string") return matchesText(expected, actual, bindings) ? null : differs;
  if (Array.isArray(expected)) {
    return Array.isArray(actual) ? matchRows(expected, actual, bindings, path) : differs;
  }
  if (!isObject(expected)) return expected === actual ? null : differs;
  const [name, argument] = soleDirective(expected);
  if (argument === undefined) {
    return isObject(actual) ? matchMembers(expected, actual, bindings, path) : differs;
  }
  if (typeof actual !== "string") return differs;
  switch (name) {
    case "$prose":
      return matchProse(argument, actual, bindings, differs);
    case "$jsonText": {
      const value = parsed(actual);
      return value === undefined ? differs : match(argument, value, bindings, `${path}(JSON)`);
    }
    case "$instant":
      return typeof argument === "string" && instantOf(argument) === instantOf(actual) ? null : differs;
    default:
      throw new Error(`${name} cannot be expected here.`);
  }
}

/** How many of the expectations cover the first rows: a group counts for each of its rows. */
export function expectationsOf(expected: readonly Json[], rows: number): Json[] {
  const covering: Json[] = [];
  let covered = 0;
  for (const row of expected) {
    if (covered >= rows) break;
    covering.push(row);
    covered += groupOf(row)?.length ?? 1;
  }
  return covering;
}

/** The one member of an object that is a directive, or nothing. */
export function soleDirective(value: JsonObject): [string, Json] | [null, undefined] {
  const [entry, ...others] = Object.entries(value);
  return entry !== undefined && others.length === 0 && entry[0].startsWith("$") ? entry : [null, undefined];
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Undefined when the text is no JSON. */
export function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function matchesText(expected: string, actual: Json | undefined, bindings: Bindings): boolean {
  switch (expected) {
    case "<any>":
      return actual !== undefined;
    case "<time>":
      return typeof actual === "string" && instantOf(actual) !== null;
    case "<seconds>":
      return typeof actual === "number" && Number.isInteger(actual) && actual >= 0;
    case "<text>":
      return typeof actual === "string" && actual.trim() !== "";
    default:
      if (placeholderKind(expected) === null) return expected === actual;
      return typeof actual === "string" && actual !== "" && bindings.bind(expected, actual);
  }
}

function matchMembers(expected: JsonObject, actual: JsonObject, bindings: Bindings, path: string): Found {
  for (const [name, value] of Object.entries(expected)) {
    const found = match(
      value,
      Object.hasOwn(actual, name) ? actual[name] : undefined,
      bindings,
      `${path}.${name}`,
    );
    if (found !== null) return found;
  }
  for (const [name, value] of Object.entries(actual)) {
    if (!Object.hasOwn(expected, name))
      return { path: `${path}.${name}`, expected: undefined, actual: value };
  }
  return null;
}

function matchRows(
  expected: readonly Json[],
  actual: readonly Json[],
  bindings: Bindings,
  path: string,
): Found {
  let at = 0;
  for (const [index, row] of expected.entries()) {
    const group = groupOf(row);
    if (group !== null) return matchGroup(group, expected.slice(index + 1), actual, at, bindings, path);
    const found = match(row, actual[at], bindings, `${path}[${at}]`);
    if (found !== null) return found;
    at++;
  }
  if (at >= actual.length) return null;
  return { path: `${path}[${at}]`, expected: undefined, actual: actual[at] };
}

/** In any order that also lets what follows match. Of a failure the one that got furthest is told. */
function matchGroup(
  group: readonly Json[],
  following: readonly Json[],
  actual: readonly Json[],
  at: number,
  bindings: Bindings,
  path: string,
): Found {
  if (group.length === 0) {
    const found = matchRows(following, actual.slice(at), bindings, path);
    return found === null ? null : { ...found, path: shifted(found.path, path, at) };
  }
  const before = bindings.snapshot();
  let furthest: Found = null;
  for (const index of group.keys()) {
    const rest = group.toSpliced(index, 1);
    const [row] = group.slice(index, index + 1);
    const found =
      match(row ?? null, actual[at], bindings, `${path}[${at}]`) ??
      matchGroup(rest, following, actual, at + 1, bindings, path);
    if (found === null) return null;
    furthest = furthest === null || rowOf(found.path, path) > rowOf(furthest.path, path) ? found : furthest;
    bindings.restore(before);
  }
  return furthest;
}

/** The path as it is in the whole list, of a row that was looked up in its end. */
function shifted(found: string, list: string, by: number): string {
  const index = rowOf(found, list);
  return `${list}[${index + by}]${found.slice(`${list}[${index}]`.length)}`;
}

function rowOf(found: string, list: string): number {
  return Number.parseInt(found.slice(list.length + 1), 10);
}

function groupOf(row: Json): Json[] | null {
  if (!isObject(row)) return null;
  const [name, group] = soleDirective(row);
  return name === "$unordered" && Array.isArray(group) ? group : null;
}

function matchProse(fragments: Json, actual: string, bindings: Bindings, differs: Mismatch): Found {
  if (!Array.isArray(fragments)) throw new Error("$prose takes a list.");
  let from = 0;
  for (const fragment of fragments) {
    if (typeof fragment === "string") {
      const at = actual.indexOf(fragment, from);
      if (at < 0) return differs;
      from = at + fragment.length;
    } else {
      const start = actual.slice(from).search(/[{[]/);
      const value = start < 0 ? undefined : parsed(actual.slice(from + start));
      const wanted = isObject(fragment) ? fragment["$json"] : undefined;
      if (wanted === undefined || value === undefined) return differs;
      const found = match(wanted, value, bindings, `${differs.path}(JSON)`);
      if (found !== null) return found;
      from = actual.length;
    }
  }
  return null;
}

/** Nanoseconds since 1970, without an offset in UTC; null unless it is a real date and time. */
function instantOf(text: string): bigint | null {
  const parts = dateTime.exec(text);
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second, fraction = "", offset = "Z"] = parts;
  const wall = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const wallMs = Date.parse(`${wall}Z`);
  if (Number.isNaN(wallMs) || !new Date(wallMs).toISOString().startsWith(wall)) return null;
  const ms = Date.parse(wall + (offset.length === 5 ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset));
  if (Number.isNaN(ms)) return null;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
}
