// Inputs that a parser may stumble over: any JSON, valid requests with something wrong in them, and bytes.

import * as fc from "fast-check";

/** A text of which nothing may come back. */
export const marker = "canary-f0220e";

const nastyNames = ["__proto__", "constructor", "prototype", "toString", "", "type", "params", "length"];
const nastyTexts = [
  marker,
  "\u0000",
  "\ud800",
  "\u202e",
  "a\r\nset-cookie: x=1",
  "../../etc/passwd",
  "$ne",
  "'; drop table threads; --",
  "x".repeat(70_000),
  "\u001b[2J",
  "thr_0000000000000000000000",
  "NaN",
];
const nastyNumbers = [-0, 1e308, -1, 2 ** 53, Number.MIN_VALUE, 0.1];

export const text: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...nastyTexts),
  fc.string({ unit: "binary", maxLength: 40 }),
);

/** Of members: those of ours that are unknown are named in refusals, so the marker is none. */
const name = fc.oneof(fc.constantFrom(...nastyNames), fc.string({ unit: "binary", maxLength: 12 }));

/** As text, for JSON.stringify would leave out what a parser may see. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>(null, true, false, [], {}, ...nastyNumbers),
    text,
    fc.integer(),
    fc.array(tie("value"), { maxLength: 6 }),
    fc.dictionary(name, tie("value"), { maxKeys: 6 }),
  ),
})).value;

/** One of these with up to three places changed: replaced, removed, doubled, or given a member more. */
export function changed(samples: readonly unknown[]): fc.Arbitrary<unknown> {
  const change = fc.record({
    where: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    how: fc.constantFrom("replace", "remove", "double", "add"),
    name,
    value: anyJson,
  });
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(change, { maxLength: 3 }))
    .map(([sample, changes]) => {
      const root = { value: structuredClone(sample) };
      for (const { where, how, name, value: given } of changes) {
        // The same object may be given again.
        const value: unknown = structuredClone(given);
        const places = placesIn(root);
        const place = places[Math.floor(where * places.length)];
        if (place === undefined) continue;
        const { of, at } = place;
        const here = of[at];
        if (how === "replace") of[at] = value;
        else if (how === "remove" && of !== (root as unknown)) delete of[at];
        else if (how === "double") of[at] = [here, structuredClone(here)];
        else if (typeof here === "object" && here !== null) setOwn(here, name, value);
      }
      return root.value;
    });
}

/** Whole requests with bytes in them flipped, cut out, doubled or put in. */
export function brokenBytes(samples: readonly string[]): fc.Arbitrary<string> {
  const change = fc.record({
    where: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    length: fc.integer({ min: 0, max: 20 }),
    put: fc.oneof(
      fc.constantFrom(
        "\r\n",
        "\n",
        "\0",
        " ",
        ":",
        "\t",
        "\r\n\r\n",
        "0\r\n\r\n",
        "Content-Length: 5\r\n",
        "\u00ff",
      ),
      fc.constantFrom(
        "Transfer-Encoding: chunked\r\n",
        "Host: evil.example\r\n",
        "HTTP/1.1",
        "Expect: 100-continue\r\n",
      ),
      fc.string({ unit: "binary-ascii", maxLength: 12 }),
    ),
  });
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([sample, changes]) => {
      let bytes = sample;
      for (const { where, length, put } of changes) {
        const at = Math.floor(where * bytes.length);
        bytes = bytes.slice(0, at) + put + bytes.slice(at + length);
      }
      return bytes;
    });
}

interface Place {
  readonly of: Record<string | number, unknown>;
  readonly at: string | number;
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== "object" || value === null) return [];
  const of = value as Record<string | number, unknown>;
  return Object.keys(value).flatMap((at) => [{ of, at }, ...placesIn(of[at])]);
}

/** Also one that would otherwise set the prototype. */
function setOwn(target: object, name: string, value: unknown): void {
  if (Array.isArray(target)) {
    target.push(value);
    return;
  }
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}
