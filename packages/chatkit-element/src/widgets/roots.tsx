// The three roots: a card, a list of rows, and a plain frame.

import { ChevronDown } from "lucide-react";
import { type CSSProperties, type ReactNode, useId, useRef, useState } from "react";

import { isRecord } from "../client/wire-values.ts";
import { ActionButton } from "./button.tsx";
import { FormFrame, submitForm, useFieldScope, useFormScope } from "./form.tsx";
import type { Draw } from "./layout.tsx";
import {
  actionIn,
  childNodes,
  countIn,
  flagIn,
  keysOf,
  readAction,
  textIn,
  type WidgetNode,
  wordIn,
} from "./nodes.ts";
import { StatusLine } from "./status-line.tsx";
import { borderOf, colorOf, flowOf, sizeOf, spacingOf } from "./style-values.ts";
import { useAction } from "./use-action.ts";
import { type FormScope, useWidget } from "./widget-context.ts";

interface RootProps {
  readonly node: WidgetNode;
  readonly draw: Draw;
}

/** `limit: "auto"` and a limit that is none. */
const usualLimit = 5;
const mostRows = 2_000;

export function CardView({ node, draw }: RootProps) {
  const { strings } = useWidget();
  const id = useId();
  const isForm = flagIn(node, "asForm");
  const isCollapsible = flagIn(node, "collapsed");
  // Null until somebody asks: the server may collapse the card after its main action.
  const [isShown, setShown] = useState(false);
  const confirm = cardAction(node["confirm"]);
  const cancel = cardAction(node["cancel"]);
  const fields = useFieldScope();
  const confirming = useAction(confirm?.action ?? null, "container", isForm ? fields : null);
  const scope = useFormScope(fields, confirm === null ? null : confirming);
  const style: CSSProperties = {
    background: colorOf(node["background"], "background"),
    ...borderOf(node["border"]),
  };
  const hidesBody = isCollapsible && !isShown;
  const body = (
    <>
      <div className="w-card-body" style={spacingOf(node["padding"], "padding")}>
        {draw(node)}
      </div>
      {(confirm !== null || cancel !== null) && (
        <CardFooter scope={scope} confirm={confirm} cancel={cancel} isForm={isForm} />
      )}
    </>
  );
  return (
    <div
      className="w-card"
      {...themeOf(node)}
      data-size={wordIn(node, "size", ["sm", "md", "lg", "full"]) ?? "md"}
      style={style}
    >
      <StatusLine status={node["status"]}>
        {isCollapsible && (
          <button
            type="button"
            className="w-toggle"
            aria-expanded={isShown}
            aria-controls={id}
            onClick={() => setShown(!isShown)}
          >
            {isShown ? strings.hideDetails : strings.showDetails}
            <ChevronDown aria-hidden="true" />
          </button>
        )}
      </StatusLine>
      <div id={id} hidden={hidesBody}>
        {isForm ? (
          <FormFrame scope={scope} className="w-card-form">
            {body}
          </FormFrame>
        ) : (
          body
        )}
      </div>
    </div>
  );
}

export function ListView({ node, draw }: RootProps) {
  const { strings } = useWidget();
  const rows = childNodes(node);
  const keys = keysOf(rows);
  const [isWhole, setWhole] = useState(false);
  const list = useRef<HTMLUListElement>(null);
  const asked = node["limit"] === "auto" ? usualLimit : countIn(node, "limit", mostRows);
  const count = isWhole || asked === null ? rows.length : Math.min(asked, rows.length);

  return (
    <div className="w-list" {...themeOf(node)}>
      <StatusLine status={node["status"]} />
      {/* Without its marks a list is none to some screen readers. */}
      {/* oxlint-disable-next-line jsx-a11y/no-redundant-roles */}
      <ul ref={list} role="list">
        {rows.slice(0, count).map((row, at) =>
          row.type === "ListViewItem" ? (
            <ListRow key={keys[at]} node={row} draw={draw} />
          ) : (
            <li key={keys[at]} className="w-row">
              <div className="w-row-content">{draw({ type: "Fragment", children: [row] })}</div>
            </li>
          ),
        )}
      </ul>
      {count < rows.length && (
        <button
          type="button"
          className="w-more"
          onClick={() => {
            setWhole(true);
            // The button goes; who used it goes on reading where the list went on.
            const first = count;
            setTimeout(() => {
              const row = list.current?.children[first];
              if (!(row instanceof HTMLElement)) return;
              row.tabIndex = -1;
              row.focus({ preventScroll: true });
            });
          }}
        >
          {strings.showMore(rows.length - count)}
          <ChevronDown aria-hidden="true" />
        </button>
      )}
    </div>
  );
}

export function BasicView({ node, children }: { node: WidgetNode; children: ReactNode }) {
  return (
    <div
      className="w-box w-basic"
      {...themeOf(node)}
      data-direction={wordIn(node, "direction", ["row", "col"]) ?? "col"}
      style={{ ...flowOf(node), ...spacingOf(node["padding"], "padding") }}
    >
      {children}
    </div>
  );
}

function ListRow({ node, draw }: RootProps) {
  const id = useId();
  const bound = actionIn(node, "onClickAction");
  const action = useAction(bound, "self");
  const isStill = action.isPending || action.refusal !== null;
  return (
    <li
      className="w-row"
      data-clickable={bound !== null || undefined}
      aria-busy={action.isPending || undefined}
    >
      {bound !== null && (
        // Under the row's content, so that a row may hold buttons of its own.
        <button
          type="button"
          className="w-row-button"
          aria-labelledby={id}
          aria-disabled={isStill || undefined}
          title={action.refusal ?? undefined}
          onClick={() => action.fire()}
        />
      )}
      <div id={id} className="w-row-content" style={{ ...flowOf(node), gap: sizeOf(node["gap"], "spacing") }}>
        {draw(node)}
      </div>
    </li>
  );
}

interface CardAction {
  readonly label: string;
  readonly action: NonNullable<ReturnType<typeof readAction>>;
}

interface CardFooterProps {
  readonly scope: FormScope;
  readonly confirm: CardAction | null;
  readonly cancel: CardAction | null;
  readonly isForm: boolean;
}

function CardFooter({ scope, confirm, cancel, isForm }: CardFooterProps) {
  const cancelling = useAction(cancel?.action ?? null, "container");
  return (
    <div className="w-card-footer">
      {cancel !== null && (
        <ActionButton
          label={cancel.label}
          color="secondary"
          variant="soft"
          isPending={cancelling.isPending}
          refusal={cancelling.refusal}
          onPress={cancelling.fire}
        />
      )}
      {confirm !== null && (
        <ActionButton
          label={confirm.label}
          color="primary"
          variant="solid"
          isPending={scope.isPending}
          refusal={scope.refusal}
          onPress={() => (isForm ? submitForm(scope) : scope.submit?.())}
        />
      )}
    </div>
  );
}

function cardAction(value: unknown): CardAction | null {
  if (!isRecord(value)) return null;
  const action = readAction(value["action"]);
  return action === null ? null : { label: textIn(value, "label") ?? "", action };
}

function themeOf(node: WidgetNode) {
  return { "data-theme": wordIn(node, "theme", ["light", "dark"]) ?? undefined };
}
