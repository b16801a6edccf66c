// Whole widget trees: as they come from the wire, as updates change them, and cut to what can be drawn (S113).

import type { WidgetComponent, WidgetRoot } from "@sidekit/chatkit/protocol";

import { isNode, type WidgetNode } from "./nodes.ts";

/** What the server itself allows; a tree of another server is cut there. */
export const treeBounds = { nodes: 2_000, depth: 32 } as const;

/** Stands where a tree is cut. */
const cut: WidgetNode = { type: "…" };

const roots = ["Card", "ListView", "Basic"] as const;

/** Null when it is not a tree with a known root. */
export function readWidget(value: unknown): WidgetRoot | null {
  if (!isNode(value)) return null;
  const type = roots.find((root) => root === value.type);
  return type === undefined ? null : { ...value, type };
}

/** Null when it is no component. */
export function readComponent(value: unknown): WidgetComponent | null {
  return isNode(value) ? { ...value } : null;
}

/** The text component of that id with more text; the same tree when there is none. */
export function widgetWithDelta(widget: WidgetRoot, componentId: string, delta: string): WidgetRoot {
  return changed(widget, componentId, (node) => {
    const isText = node.type === "Text" || node.type === "Markdown";
    return isText && typeof node["value"] === "string" ? { ...node, value: node["value"] + delta } : node;
  });
}

/** The tree with another component in the place of the one with that id; a root only gives way to a root. */
export function widgetWithComponent(
  widget: WidgetRoot,
  componentId: string,
  component: WidgetComponent,
): WidgetRoot {
  return changed(widget, componentId, () => component);
}

/** The tree itself when it keeps the bounds, else a copy that ends where they do. */
export function boundedTree(widget: WidgetRoot): WidgetNode {
  let left: number = treeBounds.nodes;
  return bounded(widget, 1);

  function bounded(node: WidgetNode, depth: number): WidgetNode {
    const { children } = node;
    if (children === undefined || children === null) return node;
    const list = Array.isArray(children) ? children : [children];
    const drawn: unknown[] = [];
    let isSame = true;
    for (const child of list) {
      if (!isNode(child)) continue;
      left -= 1;
      const isBeyond = left <= 0 || depth >= treeBounds.depth;
      const next = isBeyond ? cut : bounded(child, depth + 1);
      isSame &&= next === child;
      drawn.push(next);
      if (left <= 0) break;
    }
    return isSame && left > 0 ? node : { ...node, children: drawn };
  }
}

/** Nodes beside the way to the changed one keep their identity, so that they are not drawn again. */
function changed(
  widget: WidgetRoot,
  componentId: string,
  change: (node: WidgetNode) => WidgetNode,
): WidgetRoot {
  return readWidget(visit(widget, 0)) ?? widget;

  function visit(node: WidgetNode, depth: number): WidgetNode {
    if (node["id"] === componentId) return change(node);
    const { children } = node;
    if (depth > treeBounds.depth) return node;
    if (isNode(children)) {
      const next = visit(children, depth + 1);
      return next === children ? node : { ...node, children: next };
    }
    if (!Array.isArray(children)) return node;
    let isSame = true;
    const next: unknown[] = children.map((child: unknown) => {
      const seen = isNode(child) ? visit(child, depth + 1) : child;
      isSame &&= seen === child;
      return seen;
    });
    return isSame ? node : { ...node, children: next };
  }
}
