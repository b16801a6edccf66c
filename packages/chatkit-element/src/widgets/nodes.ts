// Reads members of widget components. A tree comes as the server stored it: what has the wrong type is absent.

import type { ActionConfig } from "@sidekit/chatkit/protocol";

import { isRecord, oneOf, textOr, type WireRecord } from "../client/wire-values.ts";

export type WidgetNode = WireRecord & { readonly type: string };

export function isNode(value: unknown): value is WidgetNode {
  return isRecord(value) && typeof value["type"] === "string";
}

/** `children` may be a list or a single component; what is no component is left out. */
export function childNodes(node: WireRecord): WidgetNode[] {
  const { children } = node;
  return (Array.isArray(children) ? children : [children]).filter(isNode);
}

export function textIn(node: WireRecord, name: string): string | null {
  return textOr(node[name], null);
}

export function flagIn(node: WireRecord, name: string): boolean {
  return node[name] === true;
}

/** Null for a word that the member does not know. */
export function wordIn<Word extends string>(
  node: WireRecord,
  name: string,
  words: readonly Word[],
): Word | null {
  return words.find((word) => word === node[name]) ?? null;
}

/** A whole number from 1 to `most`. */
export function countIn(node: WireRecord, name: string, most: number): number | null {
  const value = node[name];
  return typeof value === "number" && Number.isInteger(value) && value >= 1 ? Math.min(value, most) : null;
}

export function actionIn(node: WireRecord, name: string): ActionConfig | null {
  return readAction(node[name]);
}

/** An action that a page or a server can be given (protocol 4.15), or null. */
export function readAction(value: unknown): ActionConfig | null {
  if (!isRecord(value) || typeof value["type"] !== "string") return null;
  return {
    type: value["type"],
    // Read from JSON, so whatever it is is JSON.
    ...(value["payload"] === undefined ? {} : { payload: value["payload"] as ActionConfig["payload"] }),
    handler: oneOf(value["handler"], ["server", "client"] as const, "server"),
    loadingBehavior: oneOf(value["loadingBehavior"], ["auto", "none", "self", "container"] as const, "auto"),
    streaming: value["streaming"] !== false,
  };
}

/** Who each child is across renderings: its key or id, else its place. */
export function keysOf(nodes: readonly WidgetNode[]): string[] {
  const seen = new Set<string>();
  return nodes.map((node, at) => {
    const named = textIn(node, "key") ?? textIn(node, "id");
    const key = named === null || seen.has(named) ? `#${at}` : named;
    seen.add(key);
    return `${key} ${node.type}`;
  });
}
