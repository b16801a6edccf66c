// The list above the composer. The focus stays in the text field, which hears its keys.

import { useEffect, useLayoutEffect, useRef } from "react";

import { KnownIcon } from "./icons.tsx";
import type { Suggestion, Suggestions } from "./use-suggestions.ts";
import { useView } from "./view-context.ts";

export function optionId({ listId, active, rows }: Suggestions): string | undefined {
  return rows.length === 0 ? undefined : `${listId}-${active}`;
}

export function SuggestionList({ suggestions }: { suggestions: Suggestions }) {
  const { strings } = useView();
  const { rows, state, kind, listId, active } = suggestions;
  const panel = useRef<HTMLDivElement>(null);
  const activeKey = rows[active]?.key;

  useLayoutEffect(() => {
    // No higher than the chat itself.
    const frame = panel.current?.closest(".frame")?.getBoundingClientRect();
    const form = panel.current?.parentElement?.getBoundingClientRect();
    if (frame === undefined || form === undefined) return;
    panel.current?.style.setProperty("max-block-size", `${Math.min(288, form.top - frame.top - 12)}px`);
  }, []);
  useEffect(() => {
    if (activeKey === undefined) return;
    panel.current?.querySelector("[data-active]")?.scrollIntoView({ block: "nearest" });
  }, [activeKey]);

  const label = kind === "tag" ? strings.mention : strings.commands;
  const note =
    state === "failed"
      ? strings.searchFailed
      : rows.length > 0
        ? null
        : state === "loading"
          ? strings.searching
          : strings.nothingFound;
  return (
    // A press must not take the focus from the text field.
    <div
      ref={panel}
      className="suggestions"
      role="presentation"
      onPointerDown={(event) => event.preventDefault()}
    >
      {rows.length > 0 && (
        <div id={listId} role="listbox" aria-label={label} aria-busy={state === "loading" || undefined}>
          {groupsOf(rows).map(({ name, from, members }) =>
            name === undefined ? (
              members.map((row, at) => (
                <Row key={row.key} at={from + at} row={row} suggestions={suggestions} />
              ))
            ) : (
              <div key={name} role="group" aria-label={name}>
                <p className="suggestion-group" aria-hidden="true">
                  {name}
                </p>
                {members.map((row, at) => (
                  <Row key={row.key} at={from + at} row={row} suggestions={suggestions} />
                ))}
              </div>
            ),
          )}
        </div>
      )}
      {note !== null && <p className="suggestion-note">{note}</p>}
    </div>
  );
}

/** What a screen reader hears of the list; it has to be there before it says something. */
export function SuggestionStatus({ suggestions }: { suggestions: Suggestions | null }) {
  const { strings } = useView();
  const words =
    suggestions === null
      ? ""
      : suggestions.state === "failed"
        ? strings.searchFailed
        : suggestions.state === "ready"
          ? strings.suggestions(suggestions.rows.length)
          : "";
  return (
    <span className="unseen" role="status">
      {words}
    </span>
  );
}

function Row({ at, row, suggestions }: { at: number; row: Suggestion; suggestions: Suggestions }) {
  const { listId, active, pendingKey, activate, choose } = suggestions;
  return (
    // The keys are heard by the text field.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      id={`${listId}-${at}`}
      role="option"
      className="menu-row"
      aria-selected={at === active}
      data-active={at === active || undefined}
      aria-busy={row.key === pendingKey || undefined}
      onPointerMove={() => {
        if (at !== active) activate(at);
      }}
      onClick={() => choose(at)}
    >
      <KnownIcon name={row.icon ?? null} />
      <span>
        <span dir="auto">{row.label}</span>
        {row.description !== undefined && <small dir="auto">{row.description}</small>}
      </span>
    </div>
  );
}

function groupsOf(rows: readonly Suggestion[]) {
  const groups: { name: string | undefined; from: number; members: Suggestion[] }[] = [];
  for (const [at, row] of rows.entries()) {
    const last = groups.at(-1);
    if (last !== undefined && last.name === row.group) last.members.push(row);
    else groups.push({ name: row.group, from: at, members: [row] });
  }
  return groups;
}
