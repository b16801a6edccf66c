// Select: a button with a list of options, which can be searched when it is long.

import { Check, Search } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from "react";

import { type Option, optionsIn } from "./choices.tsx";
import { flagIn, textIn, type WidgetNode } from "./nodes.ts";
import { Picker, usePicking } from "./picker.tsx";
import { useWidget } from "./widget-context.ts";

/** More options than this are searched unless the widget says otherwise. */
const longList = 15;
const typeAheadMs = 700;

export function SelectView({ node }: { node: WidgetNode }) {
  const { strings } = useWidget();
  const options = optionsIn(node);
  const placeholder = textIn(node, "placeholder") ?? strings.choose;
  const [value, setValue] = useState(textIn(node, "defaultValue"));
  const chosen = options.find((option) => option.value === value) ?? null;
  const isLong = options.length > longList;
  return (
    <Picker
      node={node}
      kind="listbox"
      value={chosen?.value ?? null}
      shown={chosen?.label ?? null}
      placeholder={placeholder}
      onChange={setValue}
    >
      <OptionList
        options={options}
        value={chosen?.value ?? null}
        label={placeholder}
        isSearched={flagIn(node, "searchable") || (node["searchable"] !== false && isLong)}
      />
    </Picker>
  );
}

interface OptionListProps {
  readonly options: readonly Option[];
  readonly value: string | null;
  readonly label: string;
  readonly isSearched: boolean;
}

function OptionList({ options, value, label, isSearched }: OptionListProps) {
  const { strings } = useWidget();
  const { choose, close } = usePicking();
  const id = useId();
  const [query, setQuery] = useState("");
  const shown = isSearched ? options.filter((option) => contains(option, query)) : options;
  const [activeValue, setActive] = useState(value);
  const active = shown.find((option) => option.value === activeValue) ?? shown.find(isUsable) ?? null;
  const focused = useRef<HTMLElement>(null);
  const typed = useRef({ text: "", atMs: 0 });
  const activeId = active === null ? undefined : optionId(active);

  // Before the next key: whoever opens the list may be typing already.
  useLayoutEffect(() => focused.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    const root = focused.current?.getRootNode();
    if (activeId === undefined || !(root instanceof ShadowRoot)) return;
    root.getElementById(activeId)?.scrollIntoView({ block: "nearest" });
  }, [activeId]);

  const list = { id, "aria-label": label, className: "w-options" };
  const keys = { onKeyDown: pressed, "aria-activedescendant": activeId };
  const rows = shown.map((option) => (
    // The keys are heard by the element that has the focus.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      key={option.value}
      id={optionId(option)}
      role="option"
      className="w-option"
      aria-selected={option.value === value}
      aria-disabled={option.disabled || undefined}
      data-active={option === active || undefined}
      onPointerMove={() => {
        if (!option.disabled) setActive(option.value);
      }}
      onClick={() => {
        if (!option.disabled) choose(option.value);
      }}
    >
      <span>
        <span dir="auto">{option.label}</span>
        {option.description !== null && <small dir="auto">{option.description}</small>}
      </span>
      {option.value === value && <Check aria-hidden="true" />}
    </div>
  ));
  if (!isSearched) {
    return (
      <div
        role="listbox"
        {...list}
        {...keys}
        tabIndex={0}
        ref={(element) => void (focused.current = element)}
      >
        {rows}
      </div>
    );
  }
  return (
    <>
      <div className="w-search">
        <Search aria-hidden="true" />
        <input
          ref={(element) => void (focused.current = element)}
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-autocomplete="list"
          aria-controls={id}
          aria-label={strings.search}
          placeholder={strings.search}
          autoComplete="off"
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
          {...keys}
        />
      </div>
      <div role="listbox" {...list}>
        {rows}
      </div>
      <p className="w-none" role="status">
        {shown.length === 0 ? strings.noMatch : ""}
      </p>
    </>
  );

  function pressed(event: KeyboardEvent): void {
    const usable = shown.filter(isUsable);
    const at = active === null ? -1 : usable.indexOf(active);
    const isText = isSearched && (event.key === "Home" || event.key === "End" || event.key === " ");
    const next = isText ? undefined : nextIndex(event.key, at, usable.length);
    if (event.key === "Escape") close();
    else if (event.key === "Enter" || (event.key === " " && !isSearched)) {
      if (active !== null && isUsable(active)) choose(active.value);
    } else if (next !== undefined) setActive(usable[next]?.value ?? activeValue);
    else if (!isSearched && event.key.length === 1 && !event.ctrlKey && !event.metaKey)
      typeAhead(event, usable);
    else return;
    event.preventDefault();
    // Escape would end the running answer.
    event.stopPropagation();
  }

  function typeAhead(event: KeyboardEvent, usable: readonly Option[]): void {
    const isFresh = event.timeStamp - typed.current.atMs > typeAheadMs;
    const text = (isFresh ? "" : typed.current.text) + event.key.toLocaleLowerCase();
    typed.current = { text, atMs: event.timeStamp };
    const found = usable.find((option) => option.label.toLocaleLowerCase().startsWith(text));
    if (found !== undefined) setActive(found.value);
  }

  function optionId(option: Option): string {
    return `${id}-${options.indexOf(option)}`;
  }
}

function nextIndex(key: string, at: number, count: number): number | undefined {
  switch (key) {
    case "ArrowDown":
      return Math.min(at + 1, count - 1);
    case "ArrowUp":
      return Math.max(at - 1, 0);
    case "PageDown":
      return Math.min(at + 8, count - 1);
    case "PageUp":
      return Math.max(at - 8, 0);
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}

function isUsable(option: Option): boolean {
  return !option.disabled;
}

function contains(option: Option, query: string): boolean {
  const wanted = folded(query.trim());
  return folded(option.label).includes(wanted) || folded(option.description ?? "").includes(wanted);
}

/** Without case and accents. */
function folded(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLocaleLowerCase();
}
