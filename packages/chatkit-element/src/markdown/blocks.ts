// Splits Markdown into blocks, and keeps the finished ones as they are while the text still grows.

import { Marked, type MarkedToken, type Token } from "marked";
import remend from "remend";

import { isMath, maths, type MathToken } from "./maths.ts";
import { shallow } from "./portion.ts";

export type DrawnToken = MarkedToken | MathToken;

export interface Block {
  /** Where it begins in the text. */
  readonly start: number;
  /** The same object for as long as the block has not changed. */
  readonly token: DrawnToken;
}

export interface ParsedMarkdown {
  readonly blocks: readonly Block[];
  /** How many of the blocks cannot change any more, and the text they cover. */
  readonly finishedCount: number;
  readonly finishedText: string;
}

const markdown = new Marked({ gfm: true, extensions: maths });

/** A link definition may stand anywhere and mean blocks before it. */
const definition = /^ {0,3}\[[^\]\n]+\]:/m;

const drawnTypes: ReadonlySet<string> = new Set<MarkedToken["type"]>([
  "blockquote",
  "br",
  "checkbox",
  "code",
  "codespan",
  "def",
  "del",
  "em",
  "escape",
  "heading",
  "hr",
  "html",
  "image",
  "link",
  "list",
  "list_item",
  "paragraph",
  "space",
  "strong",
  "table",
  "text",
]);

/** Reads a text again and again while it grows, each time from where it left off. */
export function createMarkdownReader(): (source: string, isWhole: boolean) => readonly Block[] {
  let parsed: ParsedMarkdown | null = null;
  let last: { readonly source: string; readonly isWhole: boolean } | null = null;
  return (source, isWhole) => {
    if (parsed === null || last?.source !== source || last.isWhole !== isWhole)
      parsed = parseMarkdown(source, isWhole, parsed);
    last = { source, isWhole };
    return parsed.blocks;
  };
}

export function isDrawn(token: Token | MathToken): token is DrawnToken {
  return isMath(token) || drawnTypes.has(token.type);
}

/**
 * While the text grows, only its last block is read again; marks left open in it are closed for display. Once it is
 * whole, the result is that of reading it in one go.
 */
export function parseMarkdown(
  source: string,
  isWhole: boolean,
  before: ParsedMarkdown | null,
): ParsedMarkdown {
  const text = shallow(source.replaceAll("\r\n", "\n"));
  if (isWhole && definition.test(text))
    return { blocks: blocksOf(lex(text), 0), finishedCount: 0, finishedText: "" };

  const isContinued = before !== null && text.startsWith(before.finishedText);
  const finished = isContinued ? before.blocks.slice(0, before.finishedCount) : [];
  const finishedText = isContinued ? before.finishedText : "";

  const rest = text.slice(finishedText.length);
  if (isWhole) {
    const blocks = [...finished, ...blocksOf(lex(rest), finishedText.length)];
    return { blocks, finishedCount: finished.length, finishedText };
  }
  // A line that is not complete may yet turn out to belong to the block before it.
  const lines = rest.slice(0, rest.lastIndexOf("\n") + 1);
  const settled = blocksOf(lex(lines), finishedText.length);
  const last = settled.pop();
  const openStart = last?.start ?? finishedText.length;
  const open = text.slice(openStart);
  const unsettled = [...settled, ...blocksOf(lex(closed(open)), openStart)].map((block) =>
    kept(block, before),
  );
  return {
    blocks: [...finished, ...unsettled],
    finishedCount: finished.length + settled.length,
    finishedText: text.slice(0, openStart),
  };
}

function lex(text: string): DrawnToken[] {
  return markdown.lexer(text).filter((token) => isDrawn(token));
}

function blocksOf(tokens: readonly DrawnToken[], offset: number): Block[] {
  let start = offset;
  const blocks: Block[] = [];
  for (const token of tokens) {
    if (token.type !== "space" && token.type !== "def") blocks.push({ start, token });
    start += token.raw.length;
  }
  return blocks;
}

/** The block as it was drawn before, if it still reads the same. */
function kept(block: Block, before: ParsedMarkdown | null): Block {
  const drawn = before?.blocks.find(({ start }) => start === block.start);
  return drawn?.token.raw === block.token.raw ? drawn : block;
}

/** Only what appends to the end: the rest of the text has to keep its length. */
function closed(text: string): string {
  return remend(text, {
    linkMode: "text-only",
    images: false,
    comparisonOperators: false,
    singleTilde: false,
    katex: false,
  });
}
