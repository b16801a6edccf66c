// Forms: a Form component, or a card that is one. Fields announce themselves to the form around them.

import type { Json } from "@sidekit/chatkit/protocol";
import {
  type CSSProperties,
  type ReactNode,
  type RefObject,
  type SubmitEvent,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from "react";

import type { BoundAction } from "./use-action.ts";
import { type Field, FormProvider, type FormScope, useForm, useWidget } from "./widget-context.ts";

export interface FormFrameProps {
  readonly scope: FormScope;
  readonly className: string;
  readonly style?: CSSProperties;
  readonly direction?: string;
  readonly children: ReactNode;
}

export interface FieldNames {
  /** Id of the element that a label points to. */
  readonly id: string;
  /** Props that give the field its name for those who do not see it. */
  readonly naming: { readonly "aria-labelledby": string } | { readonly "aria-label": string };
}

const unsent: readonly [] = [];

/** A form whose fields can be read; `useFormScope` makes it one that can be submitted. */
export function useFieldScope(): FormScope {
  const id = useId();
  const [fields] = useState(() => new Set<Field>());
  return useMemo(
    () => ({ id, fields, isValid: () => allValid(fields), submit: null, isPending: false, refusal: null }),
    [id, fields],
  );
}

/** `action` is what the form does, bound to the same fields; null when it does nothing by itself. */
export function useFormScope(fields: FormScope, action: BoundAction | null): FormScope {
  const latest = useRef(action);
  useEffect(() => {
    latest.current = action;
  });
  const hasAction = action !== null;
  const isPending = action?.isPending ?? false;
  const refusal = action?.refusal ?? null;
  return useMemo(
    () => ({ ...fields, isPending, refusal, submit: hasAction ? () => latest.current?.fire() : null }),
    [fields, hasAction, isPending, refusal],
  );
}

/** A form of the document, or, within another one, a group that works like one. */
export function FormFrame({ scope, className, style, direction, children }: FormFrameProps) {
  const isInner = useForm() !== null;
  const shared = { className, style, "data-direction": direction, "aria-busy": scope.isPending || undefined };
  const content = <FormProvider value={scope}>{children}</FormProvider>;
  if (isInner) {
    return (
      <div
        {...shared}
        role="group"
        onKeyDown={(event) => {
          const isField = event.target instanceof HTMLInputElement && event.target.type !== "checkbox";
          if (event.key !== "Enter" || !isField || event.nativeEvent.isComposing) return;
          event.preventDefault();
          submitForm(scope);
        }}
      >
        {content}
      </div>
    );
  }
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    submitForm(scope);
  };
  return (
    // Only the fields of this form are checked, not those of one within it: by us, then.
    <form {...shared} noValidate autoComplete="off" onSubmit={submit}>
      {content}
      {/* Enter in a field submits, whether or not the form shows a button. */}
      <button type="submit" className="unseen" tabIndex={-1} aria-hidden="true" />
    </form>
  );
}

/** What a button inside does: checks the fields, then sends them. */
export function submitForm(form: FormScope): void {
  if (form.submit === null || form.refusal !== null || form.isPending) return;
  if (form.isValid()) form.submit();
}

/** Makes a control part of the form around it. */
export function useField(
  name: string,
  element: RefObject<HTMLElement | null>,
  read: () => Json | undefined,
): void {
  const form = useForm();
  const latest = useRef(read);
  useEffect(() => {
    latest.current = read;
  });
  const fields = form?.fields;
  useEffect(() => {
    if (fields === undefined || name === "") return undefined;
    const field: Field = { name, element, read: () => latest.current() };
    fields.add(field);
    return () => void fields.delete(field);
  }, [fields, name, element]);
}

/** A label of the widget names the field, else `fallbacks` do, else its name on the wire. */
export function useFieldNames(name: string, ...fallbacks: readonly (string | null)[]): FieldNames {
  const id = useFieldId(name);
  const { labelled } = useWidget();
  return {
    id,
    naming: labelled.has(name)
      ? { "aria-labelledby": `${id}-label` }
      : { "aria-label": fallbacks.find((text) => text !== null && text !== "") ?? name },
  };
}

export function useFieldId(name: string): string {
  const widget = useWidget();
  const form = useForm();
  return `${form?.id ?? widget.id}-${encodeURIComponent(name)}`;
}

function allValid(fields: ReadonlySet<Field>): boolean {
  const elements = [...fields].flatMap(({ element }) => checkedElements(element.current));
  const wrong = elements.filter((element) => !element.checkValidity());
  const first = wrong.toSorted((a, b) =>
    a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1,
  )[0];
  first?.reportValidity();
  return first === undefined;
}

function checkedElements(element: HTMLElement | null): readonly (HTMLInputElement | HTMLTextAreaElement)[] {
  if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) return [element];
  return element === null ? unsent : [...element.querySelectorAll<HTMLInputElement>("input")];
}
