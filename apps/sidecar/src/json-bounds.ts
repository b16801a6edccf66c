// Bounds on JSON text before anything parses it: one pass, no allocation but the names of keys (L7, S81, S83, S84).

/** L7. */
export const jsonLimits = {
  depth: 32,
  keysPerObject: 1000,
  arrayLength: 1000,
  stringLength: 262_144,
} as const;

/** `text`, `number`, `duplicate_key` and `prototype_key` are never right; the others are too much of what may be. */
export type JsonProblem =
  | "depth"
  | "keys"
  | "array"
  | "string"
  | "size"
  | "prototype_key"
  | "duplicate_key"
  | "number"
  | "text";

/** Beside a string that may be of any length the text is short: to parse 10 MiB of small values takes too long. */
const besideLongString = 65_536;
/** More than a body of the usual size can hold; each of them is found one by one. */
const maxEscapes = 524_288;
/** The longest that a double is ever printed as is 24. */
const maxNumberLength = 64;
/** Whole numbers of so many digits are all exact. */
const exactDigits = 15;

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const colon = 0x3a;
const minus = 0x2d;
const letterU = 0x75;

/**
 * The first bound that the text breaks, or null. Says nothing about syntax: text that is not JSON passes or not, and is
 * refused by the parser after this. Time is linear in the length of the text. With `longString` one string may be of
 * any length, and the rest is at most 64 Ki characters.
 */
export function findJsonProblem(text: string, { longString = false } = {}): JsonProblem | null {
  const strings = readStrings(text);
  let longStringsLeft = longString ? 1 : 0;
  let besideLeft = longString ? besideLongString : Infinity;
  const scopes: Scope[] = [];
  let scope: Scope | null = null;
  let keyStart = -1;
  let keyEnd = -1;
  for (let at = 0; at < text.length; at++) {
    if (--besideLeft < 0) return "size";
    const code = text.charCodeAt(at);
    switch (code) {
      case quote: {
        const end = strings.endOf(at + 1);
        if (typeof end !== "number") return end;
        const length = end - at - 1;
        if (length > jsonLimits.stringLength) {
          if (--longStringsLeft < 0) return "string";
        } else {
          besideLeft -= length;
        }
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
        scope = { keys: code === openBrace ? new Set() : null, length: 1 };
        scopes.push(scope);
        break;
      case closeBrace:
      case closeBracket:
        scopes.pop();
        scope = scopes.at(-1) ?? null;
        break;
      default: {
        if (code !== minus && !isDigit(code)) break;
        const end = numberEnd(text, at);
        if (!isPlainNumber(text, at, end)) return "number";
        besideLeft -= end - at - 1;
        at = end - 1;
      }
    }
  }
  return null;
}

interface Scope {
  /** Null in an array. */
  readonly keys: Set<string> | null;
  length: number;
}

/** Finds the ends of strings from left to right; what has been searched once is not searched again. */
function readStrings(text: string): { endOf(from: number): number | "text" | "string" } {
  let nextBackslash = text.indexOf("\\");
  let escapesLeft = maxEscapes;
  return {
    endOf(from) {
      let end = text.indexOf('"', from);
      for (let at = from; ;) {
        if (nextBackslash !== -1 && nextBackslash < at) nextBackslash = text.indexOf("\\", at);
        if (nextBackslash === -1 || (end !== -1 && nextBackslash > end)) break;
        if (--escapesLeft < 0) return "string";
        const after = escapeEnd(text, nextBackslash);
        if (after === null) return "text";
        at = after;
        if (end !== -1 && end < at) end = text.indexOf('"', at);
      }
      return end === -1 ? text.length : end;
    },
  };
}

/** The index after the escape that begins here; null when it is half of a character, or no character but NUL. */
function escapeEnd(text: string, start: number): number | null {
  if (text.charCodeAt(start + 1) !== letterU) return start + 2;
  const unit = Number.parseInt(text.slice(start + 2, start + 6), 16);
  const after = start + 6;
  if (unit === 0 || (unit >= 0xdc00 && unit <= 0xdfff)) return null;
  if (!(unit >= 0xd800 && unit <= 0xdbff)) return after;
  const isPair =
    text.charCodeAt(after) === backslash &&
    /^u[dD][c-fC-F][0-9a-fA-F]{2}$/.test(text.slice(after + 1, after + 6));
  return isPair ? after + 6 : null;
}

function numberEnd(text: string, start: number): number {
  let end = start + 1;
  while (isNumberPart(text.charCodeAt(end))) end++;
  return end;
}

/** Finite, not minus zero, and exact where it is whole. */
function isPlainNumber(text: string, start: number, end: number): boolean {
  const length = end - start;
  if (length > maxNumberLength) return false;
  const token = text.slice(start, end);
  const isWhole = /^-?\d+$/.test(token);
  if (isWhole && length <= exactDigits && token !== "-0") return true;
  const value = Number(token);
  if (Number.isNaN(value)) return true;
  return Number.isFinite(value) && !Object.is(value, -0) && (!isWhole || Number.isSafeInteger(value));
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Digits, signs, a point, an exponent; whether they make a number is for the parser to say. */
function isNumberPart(code: number): boolean {
  return isDigit(code) || code === minus || code === 0x2b || code === 0x2e || code === 0x45 || code === 0x65;
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
