// The marker of a source inside an answer: a number that leads to it, with a card that says what it is.

import type { Entity } from "@openai/chatkit";
import {
  createContext,
  type ReactNode,
  use,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useRef,
} from "react";
import { createPortal } from "react-dom";

import type { Source } from "../markdown/citations.ts";
import { linkTarget, withoutTricks } from "../markdown/links.ts";
import { keepBeside } from "../widgets/popup.ts";
import { EntityChip, isCallable } from "./entity-chip.tsx";
import { type HoverCard, useHoverCard } from "./use-hover-card.ts";
import { useView } from "./view-context.ts";

/** The sources of the answer that is drawn, in the order of their numbers. */
export const CitedSources = createContext<readonly Source[]>([]);

export function drawCitations(numbers: readonly number[]): ReactNode {
  return <Citations numbers={numbers} />;
}

function Citations({ numbers }: { numbers: readonly number[] }) {
  const sources = use(CitedSources);
  return (
    <span className="cites">
      {numbers.map((number) => {
        const source = sources[number - 1];
        return source === undefined ? null : <Citation key={number} number={number} source={source} />;
      })}
    </span>
  );
}

export function sourceName(source: Source): string {
  return withoutTricks(givenName(source));
}

function givenName(source: Source): string {
  switch (source.type) {
    case "url":
      return source.title || source.attribution || hostOf(source) || source.url;
    case "file":
      return source.title || source.filename;
    case "entity":
      return source.title || (source.label ?? source.id);
    default:
      return source satisfies never;
  }
}

/** Empty where there is no address to open. */
export function hostOf(source: Source): string {
  const target = source.type === "url" ? linkTarget(source.url) : null;
  return target?.kind === "web" ? target.host.replace(/^www\./, "") : "";
}

function Citation({ number, source }: { number: number; source: Source }) {
  const { options, strings } = useView();
  const named = strings.sourceNumber(number, sourceName(source));
  const inline = source.type === "entity" ? source.inline_label : undefined;
  const shown = inline ?? number;
  const label = inline === undefined ? named : `${inline}, ${named}`;
  if (source.type === "entity" && isCallable(entityOf(source), options.entities)) {
    return (
      <EntityChip entity={entityOf(source)} className="cite" label={label}>
        {shown}
      </EntityChip>
    );
  }
  return (
    <Marker source={source} label={label}>
      {shown}
    </Marker>
  );
}

function Marker({ source, label, children }: { source: Source; label: string; children: ReactNode }) {
  const { keep, anchor, ...card } = useHoverCard();
  const target = source.type === "url" ? linkTarget(source.url) : null;
  const shared = {
    className: "cite",
    "aria-label": label,
    "aria-describedby": card.isOpen ? card.id : undefined,
    ...card.onAnchor,
  };
  return (
    <>
      {target?.kind === "web" ? (
        <a ref={keep} {...shared} href={target.href} target="_blank" rel="noopener noreferrer">
          {children}
        </a>
      ) : (
        <button ref={keep} {...shared} type="button" onClick={card.show}>
          {children}
        </button>
      )}
      {card.isOpen && <SourceCard source={source} anchor={anchor} card={card} />}
    </>
  );
}

interface SourceCardProps {
  readonly source: Source;
  readonly anchor: HTMLElement | null;
  readonly card: Pick<HoverCard, "id" | "onCard" | "dismiss">;
}

function SourceCard({ source, anchor, card }: SourceCardProps) {
  const panel = useRef<HTMLDivElement>(null);
  const host = hostOf(source);
  const attribution = source.type === "url" ? source.attribution : undefined;
  const more = [source.group, attribution, source.timestamp].filter(isText);
  const pressed = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    card.dismiss();
  });

  useLayoutEffect(() => {
    const element = panel.current;
    if (element === null || anchor === null) return undefined;
    element.showPopover();
    return keepBeside(element, anchor, "top", "start");
  }, [anchor]);

  useEffect(() => {
    // Before anybody else: Escape ends a running answer, too.
    document.addEventListener("keydown", pressed, { capture: true });
    return () => document.removeEventListener("keydown", pressed, { capture: true });
  }, []);

  const frame = anchor?.closest<HTMLElement>(".frame") ?? null;
  if (frame === null) return null;
  return createPortal(
    <div ref={panel} id={card.id} popover="manual" role="tooltip" className="source-card" {...card.onCard}>
      <strong dir="auto">{sourceName(source)}</strong>
      {host !== "" && <span className="source-host">{host}</span>}
      {isText(source.description) && <span dir="auto">{source.description}</span>}
      {more.length > 0 && <span className="source-more">{more.join(" · ")}</span>}
    </div>,
    frame,
  );
}

function entityOf(source: Extract<Source, { type: "entity" }>): Entity {
  const data = Object.entries(source.data).filter((pair): pair is [string, string] => isText(pair[1]));
  return {
    id: source.id,
    title: source.title,
    interactive: source.interactive,
    data: Object.fromEntries(data),
    ...(source.icon === undefined ? {} : { icon: source.icon }),
    ...(source.group === undefined ? {} : { group: source.group }),
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
