// A widget, or a widget that changes while it is shown, as events (protocol 9.1, 9.2).

import { ChatKitError } from "../errors.ts";
import type { ResponderEvent, Turn } from "../ports.ts";
import type { WidgetItem } from "../protocol/items.ts";
import { type WidgetRoot, widgetRootSchema } from "../protocol/widgets.ts";
import { checkWidget } from "./widget-bounds.ts";
import { diffWidget } from "./widget-diff.ts";

export interface WidgetEventsOptions {
  /** What the copy button copies. Absent: there is none. */
  readonly copyText?: string;
}

/**
 * Shows a widget and stores it: at once when it is one tree, else state by state, of which each is a complete tree and
 * only what changed is sent. States may be changed and yielded again. Throws `internal` for no states at all, for what
 * is no widget, and beyond the bounds of S113.
 */
export async function* widgetEvents(
  turn: Pick<Turn, "thread" | "newId" | "now">,
  widget: WidgetRoot | Iterable<WidgetRoot> | AsyncIterable<WidgetRoot>,
  options: WidgetEventsOptions = {},
): AsyncGenerator<ResponderEvent, void> {
  if (!isStates(widget)) {
    yield { type: "thread.item.done", item: newItem(snapshot(widget)) };
    return;
  }
  let item: WidgetItem | null = null;
  for await (const state of widget) {
    const root = snapshot(state);
    if (item === null) {
      item = newItem(root);
      yield { type: "thread.item.added", item };
      continue;
    }
    for (const update of diffWidget(item.widget, root)) {
      yield { type: "thread.item.updated", item_id: item.id, update };
    }
    item = { ...item, widget: root };
  }
  if (item === null) throw new ChatKitError("internal", { cause: new TypeError("a widget without a state") });
  yield { type: "thread.item.done", item };

  function newItem(root: WidgetRoot): WidgetItem {
    return {
      type: "widget",
      id: turn.newId("message"),
      thread_id: turn.thread.id,
      created_at: turn.now(),
      widget: root,
      ...(options.copyText !== undefined && { copy_text: options.copyText }),
    };
  }
}

function isStates(
  widget: WidgetRoot | Iterable<WidgetRoot> | AsyncIterable<WidgetRoot>,
): widget is Iterable<WidgetRoot> | AsyncIterable<WidgetRoot> {
  return Symbol.asyncIterator in widget || Symbol.iterator in widget;
}

/** The tree as it is now and as it will be stored. */
function snapshot(widget: WidgetRoot): WidgetRoot {
  checkWidget(widget);
  const root = widgetRootSchema.safeParse(JSON.parse(JSON.stringify(widget)));
  if (!root.success) throw new ChatKitError("internal", { cause: root.error });
  return root.data;
}
