// Checkbox and RadioGroup, by the browser's own controls.

import { type MouseEvent, useId, useRef } from "react";

import { isRecord } from "../client/wire-values.ts";
import { useField, useFieldNames } from "./form.tsx";
import { actionIn, flagIn, textIn, type WidgetNode, wordIn } from "./nodes.ts";
import { useAction } from "./use-action.ts";

export function CheckboxView({ node }: { node: WidgetNode }) {
  const element = useRef<HTMLInputElement>(null);
  const name = textIn(node, "name") ?? "";
  const label = textIn(node, "label");
  const { id, naming } = useFieldNames(name);
  const action = useAction(actionIn(node, "onChangeAction"), "none");
  const isDisabled = flagIn(node, "disabled");
  useField(name, element, () => (isDisabled ? undefined : (element.current?.checked ?? undefined)));
  // Before 1.3.0 the default was written as text.
  const isChecked = flagIn(node, "defaultChecked") || node["defaultChecked"] === "true";
  return (
    <label className="w-check" data-disabled={isDisabled || undefined}>
      <input
        ref={element}
        id={id}
        type="checkbox"
        name={name}
        defaultChecked={isChecked}
        disabled={isDisabled}
        required={flagIn(node, "required")}
        aria-busy={action.isPending || undefined}
        {...(label === null ? naming : {})}
        {...stillWhile(action.isPending ? "" : action.refusal)}
        onChange={({ currentTarget: { checked } }) => action.fire({ name, value: checked })}
      />
      {label !== null && <span dir="auto">{label}</span>}
    </label>
  );
}

export function RadioGroupView({ node }: { node: WidgetNode }) {
  const element = useRef<HTMLDivElement>(null);
  const group = useId();
  const name = textIn(node, "name") ?? "";
  const { id, naming } = useFieldNames(name, textIn(node, "ariaLabel"));
  const action = useAction(actionIn(node, "onChangeAction"), "none");
  const isDisabled = flagIn(node, "disabled");
  const isRequired = flagIn(node, "required");
  useField(name, element, () =>
    isDisabled
      ? undefined
      : (element.current?.querySelector<HTMLInputElement>(":checked")?.value ?? undefined),
  );
  return (
    <div
      ref={element}
      id={id}
      className="w-radios"
      role="radiogroup"
      data-direction={wordIn(node, "direction", ["row", "col"]) ?? "row"}
      aria-required={isRequired || undefined}
      aria-busy={action.isPending || undefined}
      {...naming}
    >
      {optionsIn(node).map((option) => (
        <label
          key={option.value}
          className="w-check"
          data-disabled={isDisabled || option.disabled || undefined}
        >
          <input
            type="radio"
            name={group}
            value={option.value}
            defaultChecked={option.value === node["defaultValue"]}
            disabled={isDisabled || option.disabled}
            required={isRequired}
            {...stillWhile(action.isPending ? "" : action.refusal)}
            onChange={() => action.fire({ name, value: option.value })}
          />
          <span dir="auto">{option.label}</span>
        </label>
      ))}
    </div>
  );
}

export interface Option {
  readonly value: string;
  readonly label: string;
  readonly description: string | null;
  readonly disabled: boolean;
}

/** Of several options with one value, the first. */
export function optionsIn(node: WidgetNode): Option[] {
  const { options } = node;
  const seen = new Set<unknown>();
  return (Array.isArray(options) ? options : []).flatMap((option: unknown) => {
    if (!isRecord(option) || typeof option["value"] !== "string" || seen.has(option["value"])) return [];
    seen.add(option["value"]);
    return [
      {
        value: option["value"],
        label: textIn(option, "label") ?? option["value"],
        description: textIn(option, "description"),
        disabled: flagIn(option, "disabled"),
      },
    ];
  });
}

/** Keeps the choice as it is, and the focus where it is, while its action cannot be used. */
function stillWhile(reason: string | null) {
  if (reason === null) return {};
  return {
    "aria-disabled": true,
    title: reason === "" ? undefined : reason,
    onClick: (event: MouseEvent) => event.preventDefault(),
  };
}
