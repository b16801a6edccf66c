// How much of a text is drawn at once. Whatever a server sends, reading and drawing it must not hold the page up.

/** About what a screen of prose costs, thirty times over. */
export const portionUnits = 1_500;

const perChar = 1 / 60;
/** Each may begin or end something that is an element of its own, or be looked for to the end of the text. */
const marks = new Map<string, number>([
  ["\n", 1.4],
  ["|", 0.5],
  [">", 0.5],
  ["<", 0.25],
  ["*", 0.45],
  ["_", 0.45],
  ["~", 0.25],
  ["`", 0.25],
  ["[", 0.25],
  ["$", 0.45],
  ["\\", 0.45],
  ["&", 0.1],
]);
const costs = new Float64Array(128).fill(perChar);
for (const [mark, cost] of marks) costs[mark.charCodeAt(0)] = perChar + cost;

/** Deeper ones are drawn at this depth. */
const maxDepth = 12;
const deepQuote = new RegExp(`^((?: {0,3}>){${maxDepth}})(?: {0,3}>)+`, "gm");
const deepIndent = new RegExp(`^( {${maxDepth * 4}})[ \\t]+(?=(?:[-*+]|\\d{1,9}[.)])(?: |$))`, "gm");

/** How many characters are drawn for so many units: all, or up to the end of a line or a word where there is one. */
export function portionLength(text: string, units: number): number {
  let left = units;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    left -= code < 128 ? (costs[code] ?? perChar) : perChar;
    if (left < 0) return endBefore(text, at);
  }
  return text.length;
}

/** The same text with its quotes and lists no deeper than anybody reads. */
export function shallow(text: string): string {
  return text.replace(deepQuote, "$1").replace(deepIndent, "$1");
}

function endBefore(text: string, at: number): number {
  const line = text.lastIndexOf("\n", at) + 1;
  if (line > at / 2) return line;
  const word = text.lastIndexOf(" ", at) + 1;
  if (word > at / 2) return word;
  // Not between the halves of a character.
  const code = text.charCodeAt(at);
  return code >= 0xdc_00 && code <= 0xdf_ff ? at - 1 : at;
}
