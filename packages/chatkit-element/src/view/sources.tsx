// What an answer refers to: each source once, the first few in sight.

import { FileText, Globe, Tag } from "lucide-react";
import { useState } from "react";

import { type Source, sourceKey } from "../markdown/citations.ts";
import { linkTarget } from "../markdown/links.ts";
import { hostOf, sourceName } from "./citation.tsx";
import { useView } from "./view-context.ts";

const shownAtFirst = 4;

/** With numbers where the text refers to them by their places in the list. */
export function SourceChips({
  sources,
  areNumbered = false,
}: {
  sources: readonly Source[];
  areNumbered?: boolean;
}) {
  const { strings } = useView();
  const [isOpen, setOpen] = useState(false);
  const unique = [...new Map(sources.map((source) => [sourceKey(source), source]))];
  if (unique.length === 0) return null;
  const shown = isOpen ? unique : unique.slice(0, shownAtFirst);
  return (
    <ul className="sources" aria-label={strings.sources}>
      {shown.map(([key, source], at) => (
        <li key={key}>
          <Chip source={source} number={areNumbered ? at + 1 : null} />
        </li>
      ))}
      {unique.length > shownAtFirst && (
        <li>
          <button type="button" className="chip" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? strings.fewerSources : strings.moreSources(unique.length - shownAtFirst)}
          </button>
        </li>
      )}
    </ul>
  );
}

function Chip({ source, number }: { source: Source; number: number | null }) {
  const Icon = { url: Globe, file: FileText, entity: Tag }[source.type];
  const name = sourceName(source);
  const host = hostOf(source);
  const content = (
    <>
      {number === null ? <Icon aria-hidden="true" /> : <span className="source-number">{number}</span>}
      <span dir="auto">{name}</span>
      {host !== "" && host !== name && <small>{host}</small>}
    </>
  );
  const target = source.type === "url" ? linkTarget(source.url) : null;
  if (target?.kind !== "web") {
    return (
      <span className="chip" title={source.description}>
        {content}
      </span>
    );
  }
  return (
    <a className="chip" href={target.href} title={target.host} target="_blank" rel="noopener noreferrer">
      {content}
    </a>
  );
}
