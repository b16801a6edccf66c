// The blocks of widget templates: text, output, loops, conditions and variables (the part of Jinja that protocol D.3
// lists). Nothing of a template is ever run as code.

import { type Expression, readTag, type TagReader } from "./template-expressions.ts";
import { elementsOf, evaluate, isTrue, Scope, textOf, type Value } from "./template-values.ts";

type Block =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "output"; readonly expression: Expression }
  | { readonly kind: "if"; readonly condition: Expression; readonly yes: Blocks; readonly no: Blocks }
  | {
      readonly kind: "for";
      readonly names: readonly string[];
      readonly over: Expression;
      readonly body: Blocks;
      readonly none: Blocks;
    }
  | { readonly kind: "set"; readonly name: string; readonly to: Expression | Blocks };
type Blocks = readonly Block[];

type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "output"; readonly tag: TagReader }
  | { readonly kind: "statement"; readonly word: string; readonly tag: TagReader };

// A string inside a tag may contain what otherwise ends it.
const tagPattern =
  /\{#(?<noteStart>[-+]?)[\s\S]*?(?<noteEnd>-?)#\}|\{(?<open>[{%])(?<start>[-+]?)(?<inner>(?:"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|(?![-+]?[}%]\})[^"'])*)(?<end>[-+]?)[}%]\}/g;

/** Throws SyntaxError for a template that is malformed or uses what is not supported. */
export function parseTemplate(source: string): (data: Readonly<Record<string, Value>>) => string {
  const pieces = piecesOf(source);
  let position = 0;
  const template = blocksUntil([]);

  /** Throws TypeError when a variable is not there, or a value does not fit. */
  return (data) => {
    const scope = new Scope(null);
    for (const [name, value] of Object.entries(data)) scope.set(name, value);
    return rendered(template, scope);
  };

  /** The blocks up to a statement of the given words, which is next then; at the top level, up to the end. */
  function blocksUntil(words: readonly string[]): Block[] {
    const blocks: Block[] = [];
    for (;;) {
      const piece = pieces[position];
      if (piece === undefined) {
        if (words.length > 0) throw new SyntaxError(`a template lacks ${words.join(" or ")}`);
        return blocks;
      }
      if (piece.kind === "statement" && words.includes(piece.word)) return blocks;
      position++;
      blocks.push(blockOf(piece));
    }
  }

  function blockOf(piece: Piece): Block {
    if (piece.kind === "text") return piece;
    const { tag } = piece;
    if (piece.kind === "output") {
      const expression = tag.expression();
      tag.finish();
      return { kind: "output", expression };
    }
    switch (piece.word) {
      case "if":
        return conditionOf(tag);
      case "for":
        return loopOf(tag);
      case "set":
        return settingOf(tag);
      default:
        throw new SyntaxError(`a template uses ${piece.word}, which is not supported here`);
    }
  }

  function conditionOf(tag: TagReader): Block {
    const condition = tag.expression();
    tag.finish();
    const yes = blocksUntil(["elif", "else", "endif"]);
    const next = statement();
    if (next.word === "elif") return { kind: "if", condition, yes, no: [conditionOf(next.tag)] };
    return { kind: "if", condition, yes, no: otherwise(next, "endif") };
  }

  function loopOf(tag: TagReader): Block {
    const names = [tag.name()];
    while (tag.accept(",")) names.push(tag.name());
    tag.expect("in");
    const over = tag.expression();
    tag.finish();
    if (over.kind === "choice" && over.no === undefined) {
      throw new SyntaxError("a template filters a loop, which is not supported");
    }
    const body = blocksUntil(["else", "endfor"]);
    return { kind: "for", names, over, body, none: otherwise(statement(), "endfor") };
  }

  function settingOf(tag: TagReader): Block {
    const name = tag.name();
    if (tag.accept("=")) {
      const to = tag.expression();
      tag.finish();
      return { kind: "set", name, to };
    }
    tag.finish();
    const to = blocksUntil(["endset"]);
    statement().tag.finish();
    return { kind: "set", name, to };
  }

  /** What comes after `else`, up to and with the closing statement; nothing when that is it. */
  function otherwise(next: { readonly word: string; readonly tag: TagReader }, closing: string): Blocks {
    next.tag.finish();
    if (next.word === closing) return [];
    const blocks = blocksUntil([closing]);
    statement().tag.finish();
    return blocks;
  }

  function statement(): Extract<Piece, { kind: "statement" }> {
    const piece = pieces[position++];
    if (piece?.kind !== "statement") throw new SyntaxError("a template ends inside a block");
    return piece;
  }
}

function piecesOf(source: string): Piece[] {
  const pieces: Piece[] = [];
  let last = 0;
  let trimNext = false;
  for (const match of source.matchAll(tagPattern)) {
    const { noteStart, noteEnd, open, start, inner = "", end } = match.groups ?? {};
    addText(match.index, (start ?? noteStart) === "-");
    last = match.index + match[0].length;
    trimNext = (end ?? noteEnd) === "-";
    if (open === undefined) continue;
    if (!match[0].endsWith(open === "{" ? "}}" : "%}"))
      throw new SyntaxError("a tag of a template is not closed");
    const tag = readTag(inner);
    pieces.push(open === "{" ? { kind: "output", tag } : { kind: "statement", word: tag.name(), tag });
  }
  addText(source.length, false);
  return pieces;

  function addText(end: number, trimEnd: boolean): void {
    let text = source.slice(last, end);
    if (trimNext) text = text.trimStart();
    if (trimEnd) text = text.trimEnd();
    if (/\{[{%#]/.test(text)) throw new SyntaxError("a tag of a template is not closed");
    if (text !== "") pieces.push({ kind: "text", text });
  }
}

function rendered(blocks: Blocks, scope: Scope): string {
  return blocks.map((block) => renderedBlock(block, scope)).join("");
}

function renderedBlock(block: Block, scope: Scope): string {
  switch (block.kind) {
    case "text":
      return block.text;
    case "output":
      return textOf(evaluate(block.expression, scope));
    case "if":
      return rendered(isTrue(evaluate(block.condition, scope)) ? block.yes : block.no, scope);
    case "for":
      return renderedLoop(block, scope);
    case "set":
      scope.set(block.name, "kind" in block.to ? evaluate(block.to, scope) : rendered(block.to, scope));
      return "";
  }
}

function renderedLoop({ names, over, body, none }: Extract<Block, { kind: "for" }>, scope: Scope): string {
  const elements = elementsOf(evaluate(over, scope));
  const { length } = elements;
  if (length === 0) return rendered(none, scope);
  return elements
    .map((element, index0) => {
      const inner = new Scope(scope);
      const values = names.length === 1 ? [element] : elementsOf(element);
      if (values.length !== names.length)
        throw new TypeError("a template takes apart a list of another length");
      names.forEach((name, position) => inner.set(name, values[position]));
      const index = index0 + 1;
      inner.set("loop", { index, index0, first: index0 === 0, last: index === length, length });
      return rendered(body, inner);
    })
    .join("");
}
