// What an answer refers to: each source once, the first few in sight.

import type { Annotation } from "@sidekit/chatkit/protocol";
import { FileText, Globe, Tag } from "lucide-react";
import { useState } from "react";

import { linkTarget } from "../markdown/links.ts";
import { useView } from "./view-context.ts";

type Source = Annotation["source"];

const shownAtFirst = 4;

export function Sources({ annotations }: { annotations: readonly Annotation[] }) {
  return <SourceChips sources={annotations.map(({ source }) => source)} />;
}

export function SourceChips({ sources }: { sources: readonly Source[] }) {
  const { strings } = useView();
  const [isOpen, setOpen] = useState(false);
  const unique = [...new Map(sources.map((source) => [keyOf(source), source]))];
  if (unique.length === 0) return null;
  const shown = isOpen ? unique : unique.slice(0, shownAtFirst);
  return (
    <ul className="sources" aria-label={strings.sources}>
      {shown.map(([key, source]) => (
        <li key={key}>
          <Chip source={source} />
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

function Chip({ source }: { source: Source }) {
  if (source.type === "url") return <UrlChip source={source} />;
  const Icon = source.type === "file" ? FileText : Tag;
  const name =
    source.type === "file" ? source.title || source.filename : source.title || (source.label ?? source.id);
  return (
    <span className="chip" title={source.description}>
      <Icon aria-hidden="true" />
      <span>{name}</span>
    </span>
  );
}

function UrlChip({ source }: { source: Extract<Source, { type: "url" }> }) {
  const target = linkTarget(source.url);
  const host = target?.kind === "web" ? target.host.replace(/^www\./, "") : "";
  const name = source.title || source.attribution || host || source.url;
  const content = (
    <>
      <Globe aria-hidden="true" />
      <span>{name}</span>
      {host !== "" && host !== name && <small>{host}</small>}
    </>
  );
  if (target?.kind !== "web") return <span className="chip">{content}</span>;
  return (
    <a className="chip" href={target.href} title={target.host} target="_blank" rel="noopener noreferrer">
      {content}
    </a>
  );
}

function keyOf(source: Source): string {
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
