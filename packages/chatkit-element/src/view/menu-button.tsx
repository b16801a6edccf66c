// A button with a menu of which one entry may be marked; for the tools and the models of the composer.

import { Check } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useLayoutEffect, useRef } from "react";

import { usePopup } from "../widgets/popup.ts";
import { KnownIcon } from "./icons.tsx";

export interface MenuEntry {
  readonly id: string;
  readonly label: string;
  readonly description?: string | undefined;
  readonly icon?: string | undefined;
  readonly disabled?: boolean | undefined;
}

export interface MenuButtonProps {
  readonly className: string;
  readonly label: string;
  readonly entries: readonly MenuEntry[];
  readonly chosenId: string | null;
  readonly disabled: boolean;
  readonly align: "start" | "end";
  readonly onChoose: (id: string) => void;
  readonly children: ReactNode;
}

export function MenuButton({
  className,
  label,
  entries,
  chosenId,
  disabled,
  align,
  onChoose,
  children,
}: MenuButtonProps) {
  const { id, isOpen, trigger, panel, open, close } = usePopup("top", align);
  return (
    <>
      <button
        ref={trigger}
        type="button"
        className={className}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        disabled={disabled}
        popoverTarget={id}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          event.preventDefault();
          open();
        }}
      >
        {children}
      </button>
      <div ref={panel} id={id} popover="auto" className="menu">
        {isOpen && (
          <Entries
            label={label}
            entries={entries}
            chosenId={chosenId}
            onClose={close}
            onChoose={(chosen) => {
              close();
              onChoose(chosen);
            }}
          />
        )}
      </div>
    </>
  );
}

interface EntriesProps extends Pick<MenuButtonProps, "label" | "entries" | "chosenId" | "onChoose"> {
  readonly onClose: () => void;
}

function Entries({ label, entries, chosenId, onChoose, onClose }: EntriesProps) {
  const menu = useRef<HTMLDivElement>(null);

  // Before the next key: whoever opens the menu may be typing already.
  useLayoutEffect(() => {
    const rows = rowsOf(menu.current);
    (rows.find((row) => row.getAttribute("aria-checked") === "true") ?? rows[0])?.focus({
      preventScroll: true,
    });
  }, []);

  function pressed(event: KeyboardEvent): void {
    const rows = rowsOf(menu.current);
    const at = rows.findIndex((row) => row === event.target);
    const next = nextRow(event, rows, at);
    if (next !== undefined) next.focus();
    else if (event.key === "Escape" || event.key === "Tab") {
      event.stopPropagation();
      onClose();
      // Tab goes on from the button.
      if (event.key === "Tab") return;
    } else return;
    event.preventDefault();
  }

  return (
    <div ref={menu} role="menu" tabIndex={-1} aria-label={label} onKeyDown={pressed}>
      {entries.map((entry) => (
        <button
          key={entry.id}
          type="button"
          role="menuitemradio"
          className="menu-row"
          tabIndex={-1}
          aria-checked={entry.id === chosenId}
          aria-disabled={entry.disabled || undefined}
          onClick={() => {
            if (entry.disabled !== true) onChoose(entry.id);
          }}
        >
          <KnownIcon name={entry.icon ?? null} />
          <span>
            <span dir="auto">{entry.label}</span>
            {entry.description !== undefined && <small dir="auto">{entry.description}</small>}
          </span>
          {entry.id === chosenId && <Check aria-hidden="true" />}
        </button>
      ))}
    </div>
  );
}

function rowsOf(menu: HTMLElement | null): HTMLElement[] {
  return [...(menu?.querySelectorAll<HTMLElement>("[role=menuitemradio]") ?? [])];
}

function nextRow(event: KeyboardEvent, rows: readonly HTMLElement[], at: number): HTMLElement | undefined {
  switch (event.key) {
    case "ArrowDown":
      return rows[(at + 1) % rows.length];
    case "ArrowUp":
      return rows.at(at - 1);
    case "Home":
      return rows[0];
    case "End":
      return rows.at(-1);
    default:
  }
  if (event.key.length !== 1 || event.key === " " || event.ctrlKey || event.metaKey) return undefined;
  const letter = event.key.toLocaleLowerCase();
  const after = [...rows.slice(at + 1), ...rows.slice(0, at + 1)];
  return after.find((row) => row.textContent.trim().toLocaleLowerCase().startsWith(letter));
}
