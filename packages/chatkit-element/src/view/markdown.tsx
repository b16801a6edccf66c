// Draws Markdown as React elements of ours. HTML in it is shown as it was written.

import type { Token, Tokens } from "marked";
import { createContext, Fragment, memo, type ReactNode, use, useState } from "react";

import { languageOfMessages } from "../language.ts";
import { createMarkdownReader, type DrawnToken, isDrawn } from "../markdown/blocks.ts";
import { type CitationMark, isCitation, withCitations } from "../markdown/citations.ts";
import { decodeEntities } from "../markdown/entities.ts";
import { withoutTricks } from "../markdown/links.ts";
import { portionLength, portionUnits } from "../markdown/portion.ts";
import { CodeBlock } from "./code-block.tsx";
import { MarkdownImage, MarkdownLink } from "./markdown-link.tsx";
import { Maths } from "./maths.tsx";
import { useView } from "./view-context.ts";

/** Draws the sources of one place. It knows the widgets of previews, in which there is Markdown too. */
export const DrawCitations = createContext<(numbers: readonly number[]) => ReactNode>(() => null);

const noMarks: readonly CitationMark[] = [];

export interface MarkdownProps {
  readonly text: string;
  readonly isWhole: boolean;
  /** Where sources are referred to. */
  readonly marks?: readonly CitationMark[] | undefined;
}

/** Of a very long text a part is drawn, and more when asked for. While `isWhole` is false the text may grow, and blocks before its last one are neither parsed nor drawn again. */
export const Markdown = memo(
  function Markdown({ text, isWhole, marks = noMarks }: MarkdownProps) {
    const { options, strings } = useView();
    const [read] = useState(createMarkdownReader);
    const [portions, setPortions] = useState(1);
    const length = portionLength(text, portions * portionUnits);
    const isCut = length < text.length;
    const shown = isCut ? read(text.slice(0, length), true) : read(text, isWhole);
    return (
      <div className="markdown" lang={languageOfMessages(options)}>
        {shown.map(({ start, token }, at) => {
          const end = shown[at + 1]?.start ?? Infinity;
          const own = marks.filter((mark) => (mark.at > start || at === 0) && mark.at <= end);
          return <BlockView key={start} token={token} start={start} marks={own} />;
        })}
        {isCut && (
          <button type="button" className="chip" onClick={() => setPortions(portions + 1)}>
            {strings.showMore}
          </button>
        )}
      </div>
    );
  },
  (one, other) =>
    one.text === other.text &&
    one.isWhole === other.isWhole &&
    areSame(one.marks ?? noMarks, other.marks ?? noMarks),
);

interface BlockProps {
  readonly token: DrawnToken;
  readonly start: number;
  readonly marks: readonly CitationMark[];
}

const BlockView = memo(
  function BlockView({ token, start, marks }: BlockProps) {
    const inBlock = marks.map((mark) => ({ ...mark, at: mark.at - start }));
    const [first, ...behind] = withCitations(token, inBlock);
    return (
      <>
        {first !== undefined && isDrawn(first) && block(first, "auto")}
        {behind.length > 0 && <p>{inlines(behind)}</p>}
      </>
    );
  },
  (one, other) => one.token === other.token && areSame(one.marks, other.marks),
);

function areSame(one: readonly CitationMark[], other: readonly CitationMark[]): boolean {
  return (
    one.length === other.length &&
    one.every((mark, at) => mark.at === other[at]?.at && mark.numbers.join() === other[at]?.numbers.join())
  );
}

/** A block of the message finds its own direction; what is within it follows. */
function block(token: DrawnToken, dir?: "auto"): ReactNode {
  switch (token.type) {
    case "paragraph":
      return <p dir={dir}>{inlines(token.tokens)}</p>;
    case "heading":
      return (
        // The page owns the levels above; a message may begin with any of its own.
        <div
          role="heading"
          dir={dir}
          aria-level={token.depth <= 3 ? 4 : 5}
          className={`heading heading-${token.depth}`}
        >
          {inlines(token.tokens)}
        </div>
      );
    case "code":
      return <CodeBlock code={token.text} language={token.lang ?? ""} />;
    case "blockquote":
      return <blockquote dir={dir}>{blocks(token.tokens)}</blockquote>;
    case "list":
      return <ListView list={token} dir={dir} />;
    case "table":
      return <TableView table={token} dir={dir} />;
    case "hr":
      return <hr />;
    case "html":
      return <p dir={dir}>{token.text.trim()}</p>;
    case "text":
      return <>{token.tokens === undefined ? inline(token) : inlines(token.tokens)}</>;
    case "space":
    case "def":
      return null;
    default:
      return inline(token);
  }
}

function blocks(tokens: readonly Token[]): ReactNode {
  return keyed(tokens, (token) => block(token));
}

function inlines(tokens: readonly Token[]): ReactNode {
  return keyed(tokens, inline);
}

function inline(token: DrawnToken): ReactNode {
  switch (token.type) {
    case "text":
      return token.tokens === undefined ? readable(token.text) : inlines(token.tokens);
    case "escape":
      return token.text;
    case "html":
      return token.text;
    case "strong":
      return <strong>{inlines(token.tokens)}</strong>;
    case "em":
      return <em>{inlines(token.tokens)}</em>;
    case "del":
      return <del>{inlines(token.tokens)}</del>;
    case "codespan":
      return <code>{token.text}</code>;
    case "br":
      return <br />;
    case "checkbox":
      return <input type="checkbox" checked={token.checked} readOnly tabIndex={-1} aria-hidden="true" />;
    case "link":
      return token.autolink === true ? (
        <MarkdownLink href={token.href} words={token.text}>
          {withoutTricks(token.text)}
        </MarkdownLink>
      ) : (
        <MarkdownLink href={decodeEntities(token.href)} words={readable(token.text)}>
          {inlines(token.tokens)}
        </MarkdownLink>
      );
    case "math":
      return <Maths tex={token.text} display={token.display} />;
    case "image":
      return <MarkdownImage src={decodeEntities(token.href)} alt={decodeEntities(token.text)} />;
    default:
      return "tokens" in token && token.tokens !== undefined ? inlines(token.tokens) : token.raw;
  }
}

function CitationPlace({ numbers }: { numbers: readonly number[] }) {
  return use(DrawCitations)(numbers);
}

function readable(text: string): string {
  return withoutTricks(decodeEntities(text));
}

function keyed(tokens: readonly Token[], draw: (token: DrawnToken) => ReactNode): ReactNode {
  // A token has no name of its own; within one block its place is what it is known by.
  return tokens.map((token, at) => (
    <Fragment key={at}>
      {isCitation(token) ? (
        <CitationPlace numbers={token.numbers} />
      ) : isDrawn(token) ? (
        draw(token)
      ) : (
        token.raw
      )}
    </Fragment>
  ));
}

function ListView({ list, dir }: { list: Tokens.List; dir: "auto" | undefined }) {
  const items = list.items.map((item, at) => (
    <li key={at} className={item.task ? "task-item" : undefined}>
      {blocks(item.tokens)}
    </li>
  ));
  if (!list.ordered) return <ul dir={dir}>{items}</ul>;
  return (
    <ol dir={dir} start={list.start === "" ? 1 : list.start}>
      {items}
    </ol>
  );
}

function TableView({ table, dir }: { table: Tokens.Table; dir: "auto" | undefined }) {
  const { strings } = useView();
  const cells = (row: readonly Tokens.TableCell[], Cell: "th" | "td") =>
    row.map((cell, at) => (
      <Cell key={at} className={cell.align === null ? undefined : `align-${cell.align}`}>
        {inlines(cell.tokens)}
      </Cell>
    ));
  return (
    // Wide tables scroll, which has to work without a mouse too.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="table" tabIndex={0} role="group" aria-label={strings.table}>
      <table dir={dir}>
        <thead>
          <tr>{cells(table.header, "th")}</tr>
        </thead>
        <tbody>
          {table.rows.map((row, at) => (
            <tr key={at}>{cells(row, "td")}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
