// Widgets of the application.

import type { ResponderEvent, Turn } from "../ports.ts";
import type { WidgetItem, WidgetRoot } from "../protocol/index.ts";
import { checkWidget } from "../widgets/widget-bounds.ts";
import { widgetEvents } from "../widgets/widget-events.ts";

/**
 * Shows a widget; or a sequence of complete states of one, of which each but the first is sent as what has changed. The
 * last state is stored. `copyText` is what its copy button copies. Throws for what is no widget, and for one with more
 * than 2000 nodes, 32 levels or 256 KiB (S113, protocol 9).
 */
export function widget(
  turn: Turn,
  states: WidgetRoot | Iterable<WidgetRoot> | AsyncIterable<WidgetRoot>,
  options: { readonly copyText?: string } = {},
): AsyncGenerator<ResponderEvent, void> {
  return widgetEvents(turn, states, options);
}

/** Shows and stores the widget in another state: the durable answer to an action. Throws as `widget` does. */
export function* replaceWidget(shown: WidgetItem, root: WidgetRoot): Generator<ResponderEvent, void> {
  checkWidget(root);
  yield { type: "thread.item.replaced", item: { ...shown, widget: root } };
}
