// A whole widget: draws its tree, and lends its components what they share.

import type { WidgetRoot } from "@sidekit/chatkit/protocol";
import { useEffect, useId, useMemo, useRef, useState } from "react";

import { ignoreShown } from "../chat/failure.ts";
import { SidekitChatError } from "../errors.ts";
import { localeOf } from "../language.ts";
import { ImageHosts } from "../view/markdown-link.tsx";
import { useView } from "../view/view-context.ts";
import { ComponentView } from "./component-view.tsx";
import { payloadWith } from "./form-values.ts";
import { childNodes, textIn, type WidgetNode } from "./nodes.ts";
import { boundedTree } from "./tree.ts";
import type { OnWidgetAction } from "./widget-action.ts";
import { WidgetProvider, type WidgetScope } from "./widget-context.ts";
import { widgetStrings } from "./widget-strings.ts";

export interface WidgetViewProps {
  readonly widget: WidgetRoot;
  readonly itemId: string;
  /** Hosts from which images may be shown; null allows none. */
  readonly imageDomains: readonly string[] | null;
  /** While an answer runs: actions that the server would answer with another one have to wait. */
  readonly busy: boolean;
  /** Resolves when the action is over. Null: there is nobody to act, and what would act says so. */
  readonly onAction: OnWidgetAction | null;
}

const noDomains: readonly string[] = [];

export function WidgetView({ widget, itemId, imageDomains, busy, onAction }: WidgetViewProps) {
  const { emit, options } = useView();
  const id = useId();
  const frame = useRef<HTMLDivElement>(null);
  const [held, setHeld] = useState(0);
  const refocus = useRef<HTMLElement | null>(null);
  const tree = useMemo(() => boundedTree(widget), [widget]);
  const labelKey = useMemo(() => labelledFields(tree).join("\n"), [tree]);
  const domains = imageDomains ?? noDomains;
  const locale = localeOf(options);
  const latest = useRef({ widget, onAction });
  useEffect(() => {
    latest.current = { widget, onAction };
  });
  const canAct = onAction !== null;

  const scope: WidgetScope = useMemo(() => {
    const strings = widgetStrings(locale);
    return {
      id,
      imageDomains: domains,
      strings,
      locale,
      labelled: new Set(labelKey.split("\n")),
      refusal: (action) => {
        if (!canAct) return strings.unavailable;
        const isOfServer = action.handler !== "client" && action.streaming !== false;
        return busy && isOfServer ? strings.busy : null;
      },
      act: async (action, values) => {
        const { widget: shown, onAction: perform } = latest.current;
        const { payload, dropped } = payloadWith(action.payload ?? null, values);
        if (dropped.length > 0) emit("chatkit.error", { error: droppedValues(dropped) });
        await perform?.({ ...action, payload }, { id: itemId, widget: shown }).catch(ignoreShown);
      },
      hold: (action) => {
        const root = frame.current?.getRootNode();
        const focused = root instanceof ShadowRoot ? root.activeElement : null;
        if (focused instanceof HTMLElement && frame.current?.contains(focused) === true) {
          // What is inert loses the focus, which then has to wait beside it.
          refocus.current = focused;
          frame.current.focus({ preventScroll: true });
        }
        setHeld((count) => count + 1);
        void action.then(() => setHeld((count) => count - 1));
      },
    };
  }, [id, domains, locale, labelKey, canAct, busy, emit, itemId]);

  useEffect(() => {
    const waiting = refocus.current;
    if (held > 0 || waiting === null) return;
    refocus.current = null;
    const root = frame.current?.getRootNode();
    if (waiting.isConnected && root instanceof ShadowRoot && root.activeElement === frame.current)
      waiting.focus({ preventScroll: true });
  }, [held]);

  return (
    <WidgetProvider value={scope}>
      <ImageHosts value={domains}>
        <div ref={frame} className="widget" role="group" aria-label={scope.strings.widget} tabIndex={-1}>
          <div className="w-content" inert={held > 0} aria-busy={held > 0 || undefined}>
            <ComponentView node={tree} />
          </div>
          {held > 0 && (
            <span className="unseen" role="status">
              {scope.strings.inProgress}
            </span>
          )}
        </div>
      </ImageHosts>
    </WidgetProvider>
  );
}

function labelledFields(node: WidgetNode): string[] {
  const own = node.type === "Label" ? textIn(node, "fieldName") : null;
  return [...(own === null ? [] : [own]), ...childNodes(node).flatMap(labelledFields)];
}

function droppedValues(names: readonly string[]): SidekitChatError {
  return new SidekitChatError("form_value_dropped", {
    message: `The action's own payload already says ${names.join(", ")}; what the form says is left out.`,
  });
}
