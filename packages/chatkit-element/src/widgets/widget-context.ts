// What the components of one widget share.

import type { ActionConfig, Json } from "@sidekit/chatkit/protocol";
import { createContext, type RefObject, use } from "react";

import type { FormValue } from "./form-values.ts";
import type { WidgetStrings } from "./widget-strings.ts";

export interface WidgetScope {
  /** Prefix of the ids of everything in the widget. */
  readonly id: string;
  readonly imageDomains: readonly string[];
  readonly strings: WidgetStrings;
  /** Of names and dates that the browser words. */
  readonly locale: string;
  /** Names of the fields that have a label of their own. */
  readonly labelled: ReadonlySet<string>;
  /** Why the action cannot be used now; null when it can. */
  refusal(action: ActionConfig): string | null;
  /** Settles when the action is over. Never rejects: what went wrong is on screen. */
  act(action: ActionConfig, values: readonly FormValue[]): Promise<void>;
  /** Fades the widget and keeps it still until the action is over. */
  hold(action: Promise<void>): void;
}

/** One control of a form: where it is, and what it holds. */
export interface Field {
  readonly name: string;
  readonly element: RefObject<HTMLElement | null>;
  /** Undefined for a control that has nothing to say, such as one that is disabled. */
  read(): Json | undefined;
}

export interface FormScope {
  readonly id: string;
  readonly fields: Set<Field>;
  /** Shows the first field that is not filled as it must be. */
  isValid(): boolean;
  /** Null when the form does nothing by itself. */
  readonly submit: (() => void) | null;
  readonly isPending: boolean;
  readonly refusal: string | null;
}

const Widget = createContext<WidgetScope | null>(null);
const Form = createContext<FormScope | null>(null);

export const WidgetProvider = Widget.Provider;
export const FormProvider = Form.Provider;

export function useWidget(): WidgetScope {
  const scope = use(Widget);
  if (scope === null) throw new TypeError("A widget component was drawn outside of a widget.");
  return scope;
}

/** Null outside of a form. */
export function useForm(): FormScope | null {
  return use(Form);
}
