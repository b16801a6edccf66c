// Formulas in Markdown: `$…$`, `$$…$$`, `\\(…\\)` and `\\[…\\]`, and not prices.

import type { Token, TokenizerExtension } from "marked";

// A type, not an interface: only so is it one of the parser's own tokens.
// oxlint-disable-next-line typescript/consistent-type-definitions
export type MathToken = {
  readonly type: "math";
  readonly raw: string;
  /** TeX. */
  readonly text: string;
  /** On lines of its own. */
  readonly display: boolean;
};

export function isMath(token: Token | MathToken): token is MathToken {
  return token.type === "math";
}

const inDollars = /^\$(?![\s$])((?:\\[^\n]|[^\\$\n]){1,1000})(?<!\s)\$(?![\p{L}\p{N}$])/u;
const inTwoDollars = /^\$\$((?:\\[^]|[^\\$]){1,4000})\$\$/;
const inParentheses = /^\\\(((?:[^\\]|\\(?!\))){1,1000}?)\\\)/;
const inBrackets = /^\\\[((?:[^\\]|\\(?!\])){1,4000}?)\\\]/;
const lineEnd = /^[ \t]*(?:\n+|$)/;
/** Words and a price, as in "$5 for me, A$". */
const prose = /^[^\\^_{}=+<>*/|-]*\s[^\\^_{}=+<>*/|-]*$/;

/** Within a line of text. */
const inlineMaths: TokenizerExtension = {
  name: "inlineMaths",
  level: "inline",
  start: (text) => {
    const at = text.search(/\$|\\[([]/);
    return at < 0 ? undefined : at;
  },
  tokenizer: (text) => {
    const shown = inTwoDollars.exec(text) ?? inBrackets.exec(text);
    if (shown !== null) return mathOf(shown, true);
    const found = inDollars.exec(text);
    if (found !== null) return prose.test(found[1] ?? "") ? undefined : mathOf(found, false);
    const other = inParentheses.exec(text);
    return other === null ? undefined : mathOf(other, false);
  },
};

/** A paragraph that is a formula. */
const blockMaths: TokenizerExtension = {
  name: "blockMaths",
  level: "block",
  tokenizer: (text) => {
    const found = inTwoDollars.exec(text) ?? inBrackets.exec(text);
    const end = found === null ? null : lineEnd.exec(text.slice(found[0].length));
    if (found === null || end === null) return undefined;
    return { ...mathOf(found, true), raw: found[0] + end[0] };
  },
};

export const maths: TokenizerExtension[] = [inlineMaths, blockMaths];

function mathOf([raw, tex = ""]: RegExpExecArray, display: boolean): MathToken {
  return { type: "math", raw, text: tex.trim(), display };
}
