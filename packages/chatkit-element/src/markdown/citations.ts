// The sources of an answer, numbered, and where in the tokens of its text their markers stand (protocol 4.8).

import type { Annotation, AssistantContent } from "@sidekit/chatkit/protocol";
import type { Token, Tokens } from "marked";

export type Source = Annotation["source"];

/** The marker of one place; several sources may stand there. */
export interface CitationMark {
  /** Where it belongs, in UTF-16 units of the text with line feeds alone. */
  readonly at: number;
  /** Places in the list of sources, counted from 1. */
  readonly numbers: readonly number[];
}

export interface CitationToken extends Tokens.Generic {
  readonly type: "citation";
  readonly numbers: readonly number[];
}

export function isCitation(token: Token): token is CitationToken {
  return token.type === "citation";
}

const noSources: readonly Source[] = [];

/** Each source once: in the order of the text, and after them those that belong to no place in it. */
export function citedSources(content: readonly AssistantContent[]): readonly Source[] {
  if (content.every(({ annotations }) => annotations.length === 0)) return noSources;
  const placed = content.flatMap(({ annotations }) =>
    annotations.filter(hasPlace).toSorted((one, other) => (one.index ?? 0) - (other.index ?? 0)),
  );
  const others = content.flatMap(({ annotations }) =>
    annotations.filter((annotation) => !hasPlace(annotation)),
  );
  return [...new Map([...placed, ...others].map(({ source }) => [sourceKey(source), source])).values()];
}

export function sourceKey(source: Source): string {
  switch (source.type) {
    case "url":
      return `url ${source.url}`;
    case "file":
      return `file ${source.filename}`;
    case "entity":
      return `entity ${source.id}`;
    default:
      return source satisfies never;
  }
}

/** In the order of the text. What lies behind the end waits for it while the text still grows. */
export function citationMarks(
  { text, annotations }: AssistantContent,
  sources: readonly Source[],
  isWhole: boolean,
): CitationMark[] {
  if (annotations.length === 0) return [];
  const numbers = new Map(sources.map((source, at) => [sourceKey(source), at + 1]));
  const byIndex = Map.groupBy(annotations.filter(hasPlace), ({ index }) => index ?? 0);
  const places = unitsOf(text, [...byIndex.keys()]);
  return [...byIndex]
    .flatMap(([index, cited]) => {
      const at = places.get(index) ?? null;
      const shown = [...new Set(cited.map(({ source }) => numbers.get(sourceKey(source)) ?? 0))];
      if (at === null && !isWhole) return [];
      return [{ at: at ?? text.length, numbers: shown }];
    })
    .sort((one, other) => one.at - other.at);
}

/** The block with its markers, and behind it those that cannot stand within. Places count from the block's begin. */
export function withCitations(token: Token, marks: readonly CitationMark[]): Token[] {
  if (marks.length === 0) return [token];
  if (token.type === "text" && !("tokens" in token && token.tokens !== undefined))
    return cutText(token, marks);
  if (token.type === "list") return [{ ...token, items: inParts(token.items, token.raw, marks, inItem) }];
  if (token.type === "table") return [inTable(token as Tokens.Table, marks)];
  // A link holds no other link, and what is no text is marked behind it.
  if (token.type === "link" || !("tokens" in token) || token.tokens === undefined) {
    return [token, ...marks.map(citation)];
  }
  return [{ ...token, tokens: amongst(token.tokens, token.raw, marks) }];
}

function hasPlace({ index }: Annotation): boolean {
  return index !== undefined && index !== null && index >= 0;
}

/** Servers count characters; a place behind the end is not in the answer. */
function unitsOf(text: string, indexes: readonly number[]): ReadonlyMap<number, number> {
  const wanted = new Set(indexes);
  const units = new Map<number, number>();
  const last = Math.max(...wanted, 0);
  let [characters, dropped, unit] = [0, 0, 0];
  for (; characters <= last; characters += 1) {
    if (wanted.has(characters)) units.set(characters, unit - dropped);
    if (unit >= text.length) break;
    if (text.startsWith("\r\n", unit)) dropped += 1;
    unit += (text.codePointAt(unit) ?? 0) > 0xff_ff ? 2 : 1;
  }
  return units;
}

function citation({ numbers }: CitationMark): CitationToken {
  return { type: "citation", raw: "", numbers };
}

function cutText(token: Token, marks: readonly CitationMark[]): Token[] {
  const pieces: Token[] = [];
  let from = 0;
  for (const mark of marks) {
    const to = Math.min(mark.at, token.raw.length);
    if (to > from) pieces.push(piece(token, from, to));
    pieces.push(citation(mark));
    from = Math.max(from, to);
  }
  if (from < token.raw.length) pieces.push(piece(token, from, token.raw.length));
  return pieces;
}

function piece(token: Token, from: number, to: number): Token {
  const raw = token.raw.slice(from, to);
  return { ...token, raw, text: raw };
}

/** Markers go into the child in or right behind which they stand. */
function amongst(children: readonly Token[], raw: string, marks: readonly CitationMark[]): Token[] {
  const found = placesOf(
    children.map((child) => child.raw),
    raw,
  );
  let left = marks;
  const placed = children.flatMap((child, at) => {
    const place = found[at];
    if (place === undefined) return [child];
    const before = left.filter((mark) => mark.at <= place.start);
    const own = left.filter((mark) => mark.at > place.start && mark.at <= place.end);
    left = left.slice(before.length + own.length);
    return [...before.map(citation), ...withCitations(child, moved(own, place))];
  });
  return [...placed, ...left.map(citation)];
}

/** As `amongst`, where markers cannot stand between the parts: the last one takes what is left. */
function inParts<Part extends { readonly raw: string }>(
  parts: readonly Part[],
  raw: string,
  marks: readonly CitationMark[],
  mark: (part: Part, marks: readonly CitationMark[]) => Part,
): Part[] {
  const found = placesOf(
    parts.map((part) => part.raw),
    raw,
  );
  let left = marks;
  return parts.map((part, at) => {
    const place = found[at];
    if (place === undefined) return part;
    const own = at === parts.length - 1 ? left : left.filter((it) => it.at <= place.end);
    left = left.slice(own.length);
    return own.length === 0 ? part : mark(part, moved(own, place));
  });
}

function inItem(item: Tokens.ListItem, marks: readonly CitationMark[]): Tokens.ListItem {
  return { ...item, tokens: amongst(item.tokens, item.raw, marks) };
}

function inTable(table: Tokens.Table, marks: readonly CitationMark[]): Token {
  const cells = [table.header, ...table.rows].flat().map((cell) => ({ cell, raw: cell.text }));
  const marked = inParts(cells, table.raw, marks, ({ cell, raw }, own) => ({
    cell: { ...cell, tokens: amongst(cell.tokens, raw, own) },
    raw,
  })).map(({ cell }) => cell);
  const width = table.header.length;
  const rows = table.rows.map((row, at) =>
    row.map((cell, column) => marked[(at + 1) * width + column] ?? cell),
  );
  return { ...table, header: marked.slice(0, width), rows };
}

interface Place {
  readonly start: number;
  readonly end: number;
  /** From a place in the whole to one in the part. */
  readonly inPart: (at: number) => number;
}

/** Where parts stand in what they were read from. Lines may have lost their indentation, or the mark of a quote. */
function placesOf(parts: readonly string[], raw: string): Place[] {
  let from = 0;
  return parts.map((part) => {
    const start = raw.indexOf(part, from);
    if (start >= 0) {
      from = start + part.length;
      return { start, end: from, inPart: (at) => at - start };
    }
    const place = byLines(part, raw, from);
    from = place.end;
    return place;
  });
}

function byLines(part: string, raw: string, from: number): Place {
  const lines: { readonly start: number; readonly own: number; readonly length: number }[] = [];
  let [cursor, own] = [from, 0];
  for (const line of part.split("\n")) {
    const start = Math.max(cursor, raw.indexOf(line, cursor));
    lines.push({ start, own, length: line.length });
    own += line.length + 1;
    cursor = Math.min(raw.length, start + line.length);
  }
  return {
    start: lines[0]?.start ?? from,
    end: cursor,
    inPart: (at) => {
      const line = lines.findLast(({ start }) => start < at);
      return line === undefined ? 0 : line.own + Math.min(at - line.start, line.length);
    },
  };
}

function moved(marks: readonly CitationMark[], { inPart }: Place): CitationMark[] {
  return marks.map((mark) => ({ ...mark, at: Math.max(0, inPart(mark.at)) }));
}
