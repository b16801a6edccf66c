// What has to be sent for a widget to change from one state to the next (protocol 9.3).

import type { ItemUpdate } from "../protocol/events.ts";
import type { WidgetRoot } from "../protocol/widgets.ts";

type TextDelta = Extract<ItemUpdate, { type: "widget.streaming_text.value_delta" }>;
type Members = Readonly<Record<string, unknown>>;

/**
 * Nothing when the states are equal, what was appended to texts when that is all, else the whole tree. Applied to
 * `before`, the updates give `after`: growth that no delta can carry, such as that of a text without an id of its own,
 * replaces the tree. Null and absent members are equal. Takes time in proportion to the trees.
 */
export function diffWidget(before: WidgetRoot, after: WidgetRoot): ItemUpdate[] {
  const deltas: TextDelta[] = [];
  const extended = growsInto(before, after, deltas);
  if (extended && (deltas.length === 0 || areUnique(after, deltas))) return deltas;
  return [{ type: "widget.root.updated", widget: after }];
}

/** Whether deltas alone lead from one component to the other; they are added to `deltas` in document order. */
function growsInto(before: Members, after: Members, deltas: TextDelta[]): boolean {
  for (const name of namesOf(before, after)) {
    const [old, next] = [before[name], after[name]];
    if (name === "children" ? childrenGrowInto(old, next, deltas) : isSame(old, next)) continue;
    const delta = name === "value" ? textDelta(before, after) : null;
    if (delta === null) return false;
    deltas.push(delta);
  }
  return true;
}

function childrenGrowInto(before: unknown, after: unknown, deltas: TextDelta[]): boolean {
  if (Array.isArray(before) && Array.isArray(after)) {
    return (
      before.length === after.length &&
      before.every((child, position) => childGrowsInto(child, after[position], deltas))
    );
  }
  return childGrowsInto(before, after, deltas);
}

function childGrowsInto(before: unknown, after: unknown, deltas: TextDelta[]): boolean {
  return isMembers(before) && isMembers(after) ? growsInto(before, after, deltas) : isSame(before, after);
}

/** Null when the change of the value cannot be sent as one. */
function textDelta(before: Members, after: Members): TextDelta | null {
  const { type, id, value, streaming } = after;
  if (type !== "Text" && type !== "Markdown") return null;
  if (typeof id !== "string" || id === "") return null;
  if (typeof before.value !== "string" || typeof value !== "string" || !value.startsWith(before.value)) {
    return null;
  }
  return {
    type: "widget.streaming_text.value_delta",
    component_id: id,
    delta: value.slice(before.value.length),
    done: streaming !== true,
  };
}

/** Whether each delta names one component only. */
function areUnique(root: Members, deltas: readonly TextDelta[]): boolean {
  const seen = new Map(deltas.map(({ component_id: id }) => [id, 0]));
  count(root);
  return [...seen.values()].every((times) => times === 1);

  function count(component: unknown): void {
    if (!isMembers(component)) return;
    const { id, children } = component;
    const times = typeof id === "string" ? seen.get(id) : undefined;
    if (typeof id === "string" && times !== undefined) seen.set(id, times + 1);
    if (Array.isArray(children)) children.forEach(count);
    else count(children);
  }
}

function isSame(before: unknown, after: unknown): boolean {
  if (before == null || after == null) return before == after;
  if (Array.isArray(before) && Array.isArray(after)) {
    return (
      before.length === after.length && before.every((element, position) => isSame(element, after[position]))
    );
  }
  if (!isMembers(before) || !isMembers(after)) return before === after;
  return [...namesOf(before, after)].every((name) => isSame(before[name], after[name]));
}

function namesOf(before: Members, after: Members): Set<string> {
  return new Set([...Object.keys(before), ...Object.keys(after)]);
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
