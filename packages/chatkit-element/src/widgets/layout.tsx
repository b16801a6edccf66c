// Components that arrange others: Box, Row, Col, Form, Transition, Spacer, Divider, Table.

import type { CSSProperties, ReactNode } from "react";

import { isRecord } from "../client/wire-values.ts";
import { FormFrame, useFieldScope, useFormScope } from "./form.tsx";
import { actionIn, childNodes, countIn, flagIn, keysOf, textIn, type WidgetNode, wordIn } from "./nodes.ts";
import { colorOf, layoutOf, sizeOf, spacingOf } from "./style-values.ts";
import { useAction } from "./use-action.ts";
import { useWidget } from "./widget-context.ts";

/** Draws the children of a component. */
export type Draw = (node: WidgetNode) => ReactNode;

interface LayoutProps {
  readonly node: WidgetNode;
  readonly children: ReactNode;
}

const edges = ["start", "center", "end"] as const;
const mostSpan = 100;

export function BoxView({ node, children }: LayoutProps) {
  return (
    <div
      className="w-box"
      data-kind={node.type.toLowerCase()}
      data-direction={directionOf(node)}
      data-align={wordIn(node, "align", edges) ?? undefined}
      data-wraps={node["wrap"] === "wrap" || undefined}
      data-shares={node["flex"] !== undefined || undefined}
      style={layoutOf(node)}
    >
      {children}
    </div>
  );
}

export function FormView({ node, children }: LayoutProps) {
  const action = actionIn(node, "onSubmitAction");
  const fields = useFieldScope();
  const bound = useAction(action, "self", fields);
  const scope = useFormScope(fields, action === null ? null : bound);
  return (
    <FormFrame scope={scope} className="w-box w-form" direction={directionOf(node)} style={layoutOf(node)}>
      {children}
    </FormFrame>
  );
}

/** Another child, by its key, id or type, fades in. */
export function TransitionView({ node, draw }: { node: WidgetNode; draw: Draw }) {
  const child = childNodes(node)[0];
  if (child === undefined) return null;
  return (
    <div className="w-transition" key={keysOf([child])[0]}>
      {draw({ type: "Fragment", children: [child] })}
    </div>
  );
}

export function SpacerView({ node }: { node: WidgetNode }) {
  const least = sizeOf(node["minSize"], "px");
  return <div className="w-spacer" style={{ minWidth: least, minHeight: least }} />;
}

export function DividerView({ node }: { node: WidgetNode }) {
  const style: CSSProperties = {
    borderColor: colorOf(node["color"], "border"),
    borderWidth: sizeOf(node["size"], "px"),
    marginBlock: sizeOf(node["spacing"], "spacing"),
  };
  return <hr className="w-divider" data-flush={flagIn(node, "flush") || undefined} style={style} />;
}

export function TableView({ node, draw }: { node: WidgetNode; draw: Draw }) {
  const { strings } = useWidget();
  const rows = childNodes(node).filter(({ type }) => type === "Table.Row");
  const isHeader = (row: WidgetNode) => flagIn(row, "header");
  const end = rows.findIndex((row) => !isHeader(row));
  const heads = end < 0 ? rows : rows.slice(0, end);
  const keys = keysOf(rows);
  const rowsOf = (shown: readonly WidgetNode[]) =>
    shown.map((row) => <RowView key={keys[rows.indexOf(row)]} row={row} draw={draw} />);
  return (
    // Wide tables scroll, which has to work without a mouse too.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="w-table" tabIndex={0} role="group" aria-label={strings.table}>
      <table>
        {heads.length > 0 && <thead>{rowsOf(heads)}</thead>}
        <tbody>{rowsOf(rows.slice(heads.length))}</tbody>
      </table>
    </div>
  );
}

function RowView({ row, draw }: { row: WidgetNode; draw: Draw }) {
  const cells = childNodes(row).filter(({ type }) => type === "Table.Cell");
  const keys = keysOf(cells);
  const Cell = flagIn(row, "header") ? "th" : "td";
  return (
    <tr>
      {cells.map((cell, at) => (
        <Cell
          key={keys[at]}
          scope={Cell === "th" ? "col" : undefined}
          colSpan={countIn(cell, "colSpan", mostSpan) ?? undefined}
          rowSpan={countIn(cell, "rowSpan", mostSpan) ?? undefined}
          data-align={wordIn(cell, "align", edges) ?? undefined}
          data-valign={wordIn(cell, "vAlign", edges) ?? undefined}
          data-col-size={wordIn(cell, "colSize", ["xs", "sm", "md", "lg", "xl"]) ?? undefined}
          style={{
            width: sizeOf(cell["width"], "px"),
            ...(isRecord(cell["padding"]) ? spacingOf(cell["padding"], "padding") : {}),
          }}
        >
          <div className="w-cell">{draw(cell)}</div>
        </Cell>
      ))}
    </tr>
  );
}

function directionOf(node: WidgetNode): string {
  if (node.type === "Row") return "row";
  return node.type === "Col" ? "col" : textIn(node, "direction") === "row" ? "row" : "col";
}
