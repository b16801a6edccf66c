// An action bound to a component: fires it, and knows whether it runs and why it may not (protocol 4.15).

import type { ActionConfig } from "@sidekit/chatkit/protocol";
import { useRef, useState } from "react";

import type { FormValue } from "./form-values.ts";
import { type FormScope, useForm, useWidget } from "./widget-context.ts";

export interface BoundAction {
  /** `own` is the value that the component has just been given. */
  fire(own?: FormValue): void;
  /** While the component that carries it shows that it runs. */
  readonly isPending: boolean;
  /** Null when it can be used. */
  readonly refusal: string | null;
}

/** `usual` is what `loadingBehavior: "auto"` stands for at this place; `form` is a form that the component itself is. */
export function useAction(
  action: ActionConfig | null,
  usual: "self" | "container" | "none",
  form: FormScope | null = null,
): BoundAction {
  const around = useForm();
  const widget = useWidget();
  const [isPending, setPending] = useState(false);
  const isRunning = useRef(false);
  const refusal = action === null ? null : widget.refusal(action);

  return { fire, isPending, refusal };

  function fire(own?: FormValue): void {
    if (action === null || refusal !== null || isRunning.current) return;
    const asked = action.loadingBehavior ?? "auto";
    const behaviour = asked === "auto" ? usual : asked;
    // What has just been chosen is not in the form yet.
    const values = valuesOf(form ?? around).filter(({ name }) => name !== own?.name);
    const done = widget.act(action, own === undefined ? values : [...values, own]);
    if (behaviour === "none") return;
    if (behaviour === "container") widget.hold(done);
    else setPending(true);
    isRunning.current = true;
    void done.then(() => {
      isRunning.current = false;
      setPending(false);
    });
  }
}

/** In the order of the document; of several fields with one name, the first. */
function valuesOf(form: FormScope | null): FormValue[] {
  if (form === null) return [];
  const seen = new Set<string>();
  const fields = [...form.fields].toSorted((one, other) => {
    const [a, b] = [one.element.current, other.element.current];
    if (a === null || b === null || a === b) return 0;
    return a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1;
  });
  return fields.flatMap(({ name, read }) => {
    const value = seen.has(name) ? undefined : read();
    if (value === undefined) return [];
    seen.add(name);
    return [{ name, value }];
  });
}
