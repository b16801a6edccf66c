// Controls that one types into: Input, Textarea, and text that can be edited in its place.

import { type FocusEvent, type RefObject, useEffect, useRef } from "react";

import type { WireRecord } from "../client/wire-values.ts";
import { useField, useFieldNames } from "./form.tsx";
import { countIn, flagIn, textIn, type WidgetNode, wordIn } from "./nodes.ts";

const inputTypes = ["number", "email", "text", "password", "tel", "url"] as const;
export const controlSizes = ["3xs", "2xs", "xs", "sm", "md", "lg", "xl", "2xl", "3xl"] as const;
const gutters = ["2xs", "xs", "sm", "md", "lg", "xl"] as const;
const mostRows = 40;
/** The browser runs the pattern on every key. */
const longestPattern = 512;

type TextElement = HTMLInputElement | HTMLTextAreaElement;

export function InputView({ node }: { node: WidgetNode }) {
  const element = useRef<HTMLInputElement>(null);
  const props = useTyped(node, element);
  return (
    <input
      {...props}
      {...lookOf(node)}
      ref={element}
      className="w-input"
      type={wordIn(node, "inputType", inputTypes) ?? "text"}
      // A number field drops what a step of 1 does not allow.
      step={node["inputType"] === "number" ? "any" : undefined}
      pattern={patternIn(node)}
      defaultValue={textIn(node, "defaultValue") ?? undefined}
    />
  );
}

export function TextareaView({ node }: { node: WidgetNode }) {
  const element = useRef<HTMLTextAreaElement>(null);
  const props = useTyped(node, element);
  const rows = countIn(node, "rows", mostRows) ?? 3;
  const most = countIn(node, "maxRows", mostRows) ?? mostRows;
  const pattern = patternIn(node);
  useEffect(() => check(element.current, pattern), [pattern]);
  return (
    <textarea
      {...props}
      {...lookOf(node)}
      ref={element}
      className="w-input w-textarea"
      rows={rows}
      data-grows={flagIn(node, "autoResize") || undefined}
      style={{ maxHeight: `${Math.max(rows, most) * 1.5 + 1.25}em` }}
      defaultValue={textIn(node, "defaultValue") ?? undefined}
      onInput={() => check(element.current, pattern)}
    />
  );
}

/** Looks like the text that it is until it is pointed at. */
export function EditableText({ node, editable }: { node: WidgetNode; editable: WireRecord }) {
  const element = useRef<TextElement>(null);
  const field = { ...editable, type: "Text" };
  const props = useTyped(field, element);
  const lines = Math.max(countIn(node, "minLines", mostRows) ?? 1, 1);
  const isLong = lines > 1 || (countIn(node, "maxLines", mostRows) ?? 1) > 1;
  const shared = {
    ...props,
    className: "w-editable",
    autoComplete: textIn(editable, "autoComplete") ?? "off",
    defaultValue: textIn(node, "value") ?? "",
  };
  if (!isLong) {
    return <input {...shared} ref={element as RefObject<HTMLInputElement>} pattern={patternIn(field)} />;
  }
  return (
    <textarea {...shared} ref={element as RefObject<HTMLTextAreaElement>} rows={lines} data-grows="true" />
  );
}

export function lookOf(node: WidgetNode) {
  return {
    "data-variant": wordIn(node, "variant", ["solid", "soft", "outline", "ghost"]) ?? undefined,
    "data-size": wordIn(node, "size", controlSizes) ?? undefined,
    "data-gutter": wordIn(node, "gutterSize", gutters) ?? undefined,
    "data-pill": flagIn(node, "pill") || undefined,
    "data-block": flagIn(node, "block") || undefined,
  };
}

function useTyped(node: WidgetNode, element: RefObject<TextElement | null>) {
  const name = textIn(node, "name") ?? "";
  const placeholder = textIn(node, "placeholder");
  const { id, naming } = useFieldNames(name, placeholder);
  const isDisabled = flagIn(node, "disabled");
  useField(name, element, () => (isDisabled ? undefined : (element.current?.value ?? undefined)));
  useAutoFocus(flagIn(node, "autoFocus"), element);
  const isForeign = flagIn(node, "allowAutofillExtensions");
  return {
    id,
    ...naming,
    name,
    placeholder: placeholder ?? undefined,
    dir: "auto",
    required: flagIn(node, "required"),
    disabled: isDisabled,
    autoComplete: isForeign ? "on" : "off",
    // Password managers watch for these.
    ...(isForeign ? {} : { "data-1p-ignore": "", "data-lpignore": "true", "data-bwignore": "" }),
    ...(flagIn(node, "autoSelect")
      ? { onFocus: (event: FocusEvent<TextElement>) => event.currentTarget.select() }
      : {}),
  };
}

/** Takes the focus from nobody who is writing, nor from the page around the chat. */
function useAutoFocus(isWanted: boolean, element: RefObject<TextElement | null>): void {
  useEffect(() => {
    const root = element.current?.getRootNode();
    if (!isWanted || !(root instanceof ShadowRoot) || root.activeElement === null) return;
    const { activeElement } = root;
    const isField = activeElement instanceof HTMLTextAreaElement || activeElement instanceof HTMLInputElement;
    if (!isField || activeElement.value === "") element.current?.focus({ preventScroll: true });
  }, [isWanted, element]);
}

function patternIn(node: WidgetNode): string | undefined {
  const pattern = textIn(node, "pattern");
  return pattern === null || pattern.length > longestPattern ? undefined : pattern;
}

/** A text area has no pattern of its own. */
function check(element: HTMLTextAreaElement | null, pattern: string | undefined): void {
  if (element === null || pattern === undefined) return;
  const isFine = element.value === "" || matches(element.value, pattern);
  element.setCustomValidity(isFine ? "" : element.placeholder || pattern);
}

function matches(value: string, pattern: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, "v").test(value);
  } catch {
    // Browsers ignore a pattern that is none.
    return true;
  }
}
