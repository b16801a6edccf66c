// Bounds on JSON text before anything parses it: one pass over the characters, no allocation but the names of keys
// (L7, S81, S83, S84).

/** L7. */
export const jsonLimits = {
  depth: 32,
  keysPerObject: 1000,
  arrayLength: 1000,
  stringLength: 262_144,
} as const;

export type JsonProblem = "depth" | "keys" | "array" | "string" | "prototype_key" | "duplicate_key";

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const colon = 0x3a;

/**
 * The first bound that the text breaks, or null. Says nothing about syntax: text that is not JSON passes or not, and is
 * refused by the parser after this. Time is linear in the length of the text. As many strings as `longStrings` says
 * may be of any length.
 */
export function findJsonProblem(text: string, { longStrings = 0 } = {}): JsonProblem | null {
  let longStringsLeft = longStrings;
  const scopes: Scope[] = [];
  let scope: Scope | null = null;
  let keyStart = -1;
  let keyEnd = -1;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case quote: {
        const end = stringEnd(text, at + 1);
        if (end - at - 1 > jsonLimits.stringLength && --longStringsLeft < 0) return "string";
        keyStart = at;
        keyEnd = end;
        at = end;
        break;
      }
      case colon: {
        if (scope?.keys == null || keyStart < 0) break;
        const key = keyText(text, keyStart, keyEnd);
        // `constructor` does harm only with `prototype` inside it.
        if (key === "__proto__" || key === "prototype") return "prototype_key";
        if (scope.keys.has(key)) return "duplicate_key";
        scope.keys.add(key);
        if (scope.keys.size > jsonLimits.keysPerObject) return "keys";
        keyStart = -1;
        break;
      }
      case comma:
        if (scope !== null && scope.keys === null && ++scope.length > jsonLimits.arrayLength) return "array";
        break;
      case openBrace:
      case openBracket:
        if (scopes.length >= jsonLimits.depth) return "depth";
        scope = { keys: text.charCodeAt(at) === openBrace ? new Set() : null, length: 1 };
        scopes.push(scope);
        break;
      case closeBrace:
      case closeBracket:
        scopes.pop();
        scope = scopes.at(-1) ?? null;
        break;
    }
  }
  return null;
}

interface Scope {
  /** Null in an array. */
  readonly keys: Set<string> | null;
  length: number;
}

/** The index of the closing quote, or the end of the text. */
function stringEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === quote) return at;
    at += code === backslash ? 2 : 1;
  }
  return text.length;
}

/** A key may be spelled with escapes, which the parser would undo. */
function keyText(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  if (!raw.includes("\\")) return raw;
  try {
    return String(JSON.parse(text.slice(start, end + 1)));
  } catch {
    return raw;
  }
}
