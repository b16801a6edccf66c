// Buttons: of a widget's own, and of a card's footer.

import { LoaderCircle } from "lucide-react";
import type { ReactNode } from "react";

import { KnownIcon } from "../view/icons.tsx";
import { submitForm } from "./form.tsx";
import { lookOf } from "./fields.tsx";
import { actionIn, flagIn, textIn, type WidgetNode, wordIn } from "./nodes.ts";
import { useAction } from "./use-action.ts";
import { useForm, useWidget } from "./widget-context.ts";

const colors = [
  "primary",
  "secondary",
  "info",
  "discovery",
  "success",
  "caution",
  "warning",
  "danger",
] as const;
const iconSizes = ["sm", "md", "lg", "xl", "2xl"] as const;

export interface ActionButtonProps {
  readonly label: string;
  /** Names a button that has no label. */
  readonly name?: string | null;
  readonly color: (typeof colors)[number];
  readonly variant: string;
  readonly isPending: boolean;
  /** Why it cannot be used; null when it can. */
  readonly refusal: string | null;
  readonly onPress: () => void;
  /** Attributes for the looks alone. */
  readonly look?: Readonly<Record<string, string | boolean | undefined>>;
  readonly isDisabled?: boolean;
  readonly before?: ReactNode;
  readonly after?: ReactNode;
}

export function ButtonView({ node }: { node: WidgetNode }) {
  const form = useForm();
  const isSubmit = flagIn(node, "submit") && form !== null;
  const own = actionIn(node, "onClickAction");
  const action = useAction(own, "self");
  const style = wordIn(node, "style", ["primary", "secondary"]);
  const isPrimary = style === "primary" || (style === null && isSubmit);
  // A button that is there to submit carries the form's state, unless it has an action of its own.
  const bound = isSubmit && own === null ? { ...form, fire: () => submitForm(form) } : action;
  return (
    <ActionButton
      label={textIn(node, "label") ?? ""}
      name={textIn(node, "iconStart") ?? textIn(node, "iconEnd")}
      color={wordIn(node, "color", colors) ?? (isPrimary ? "primary" : "secondary")}
      variant={
        wordIn(node, "variant", ["solid", "soft", "outline", "ghost"]) ?? (isPrimary ? "solid" : "soft")
      }
      isPending={bound.isPending}
      refusal={bound.refusal}
      isDisabled={flagIn(node, "disabled")}
      look={{
        ...lookOf(node),
        "data-uniform": flagIn(node, "uniform") || undefined,
        "data-icon-size": wordIn(node, "iconSize", iconSizes) ?? undefined,
      }}
      before={<KnownIcon name={textIn(node, "iconStart")} />}
      after={<KnownIcon name={textIn(node, "iconEnd")} />}
      onPress={() => {
        if (isSubmit && own !== null && !form.isValid()) return;
        bound.fire();
      }}
    />
  );
}

export function ActionButton(props: ActionButtonProps) {
  const { strings } = useWidget();
  const { label, isPending, refusal, before, after } = props;
  const isStill = isPending || refusal !== null;
  return (
    <button
      type="button"
      className="w-button"
      {...props.look}
      data-color={props.color}
      data-variant={props.variant}
      disabled={props.isDisabled}
      aria-disabled={isStill || undefined}
      aria-busy={isPending || undefined}
      aria-label={
        label === "" ? (props.name?.replace(/^\w+:/, "").replaceAll("-", " ") ?? strings.details) : undefined
      }
      title={refusal ?? undefined}
      onClick={() => {
        if (!isStill) props.onPress();
      }}
    >
      <span className="w-button-face">
        {before}
        {label !== "" && <span dir="auto">{label}</span>}
        {after}
      </span>
      {isPending && (
        <span className="w-button-wait" role="img" aria-label={strings.inProgress}>
          <LoaderCircle className="spinner" aria-hidden="true" />
        </span>
      )}
    </button>
  );
}
