// What a widget asks of the chat around it.

import type { ActionConfig, Json, WidgetRoot } from "@sidekit/chatkit/protocol";

/** An action with the values of the form around it in its payload. */
export type FiredAction = ActionConfig & { readonly payload: Json };

/** Resolves when the action is over; until then the widget shows that it runs. */
export type OnWidgetAction = (
  action: FiredAction,
  item: { readonly id: string; readonly widget: WidgetRoot },
) => Promise<void>;
