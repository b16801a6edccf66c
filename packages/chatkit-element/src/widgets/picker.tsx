// What Select and DatePicker share: a button that shows the choice, a panel to choose from, and a way to clear it.

import { CalendarDays, ChevronDown, X } from "lucide-react";
import { createContext, type KeyboardEvent, type ReactNode, use } from "react";

import { lookOf } from "./fields.tsx";
import { type FieldNames, useField, useFieldNames } from "./form.tsx";
import { actionIn, flagIn, textIn, type WidgetNode } from "./nodes.ts";
import { type PopupAlign, type Side, usePopup } from "./popup.ts";
import { useAction } from "./use-action.ts";
import { useWidget } from "./widget-context.ts";

export interface PickerProps {
  readonly node: WidgetNode;
  readonly kind: "listbox" | "dialog";
  /** What the form sends; null while nothing is chosen. */
  readonly value: string | null;
  /** What the button shows; null while nothing is chosen. */
  readonly shown: string | null;
  readonly placeholder: string;
  readonly side?: Side;
  readonly align?: PopupAlign;
  readonly onChange: (value: string | null) => void;
  /** The panel's content, which is there only while it is open. */
  readonly children: ReactNode;
}

export interface Picking {
  /** Closes the panel, keeps the value, and fires the action of the change. */
  choose(value: string | null): void;
  close(): void;
}

const Context = createContext<Picking | null>(null);

export function usePicking(): Picking {
  const picking = use(Context);
  if (picking === null) throw new TypeError("The panel of a picker was drawn outside of it.");
  return picking;
}

export function Picker({
  node,
  kind,
  value,
  shown,
  placeholder,
  side,
  align,
  onChange,
  children,
}: PickerProps) {
  const { strings } = useWidget();
  const name = textIn(node, "name") ?? "";
  const { id: popupId, isOpen, trigger, panel, open, close } = usePopup(side, align);
  const { id, naming } = useFieldNames(name, textIn(node, "placeholder"));
  const action = useAction(actionIn(node, "onChangeAction"), "none");
  const isDisabled = flagIn(node, "disabled");
  const isStill = action.isPending || action.refusal !== null;
  const isList = kind === "listbox";
  useField(name, trigger, () => (isDisabled ? undefined : value));

  function choose(next: string | null): void {
    close();
    if (next === value) return;
    onChange(next);
    action.fire({ name, value: next });
  }

  function pressed(event: KeyboardEvent): void {
    if (!isList || isStill || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    event.preventDefault();
    open();
  }

  return (
    <span className="w-picker" data-block={flagIn(node, "block") || undefined}>
      <button
        ref={trigger}
        id={id}
        type="button"
        className="w-input w-trigger"
        {...lookOf(node)}
        aria-haspopup={kind}
        aria-expanded={isOpen}
        aria-busy={action.isPending || undefined}
        aria-disabled={isStill || undefined}
        disabled={isDisabled}
        title={action.refusal ?? undefined}
        {...namedWithValue(naming, `${id}-value`, shown)}
        popoverTarget={isStill ? undefined : popupId}
        onKeyDown={pressed}
      >
        {!isList && <CalendarDays aria-hidden="true" />}
        <span id={`${id}-value`} dir="auto" data-empty={shown === null || undefined}>
          {shown ?? placeholder}
        </span>
        {isList && <ChevronDown aria-hidden="true" />}
      </button>
      {flagIn(node, "clearable") && shown !== null && !isDisabled && !isStill && (
        <button type="button" className="w-clear" aria-label={strings.clear} onClick={() => choose(null)}>
          <X aria-hidden="true" />
        </button>
      )}
      <div
        ref={panel}
        id={popupId}
        popover="auto"
        className={isList ? "w-popup" : "w-popup w-calendar"}
        {...(isList ? {} : { role: "dialog", "aria-label": placeholder })}
      >
        {isOpen && <Context value={{ choose, close }}>{children}</Context>}
      </div>
    </span>
  );
}

/** A button that shows a value is called by its label and by that value. */
function namedWithValue(naming: FieldNames["naming"], valueId: string, shown: string | null) {
  if ("aria-labelledby" in naming) return { "aria-labelledby": `${naming["aria-labelledby"]} ${valueId}` };
  return shown === null ? {} : { "aria-label": `${naming["aria-label"]}, ${shown}` };
}
