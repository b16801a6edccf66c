// A widget in the conversation: joins it to the chat.

import { use, useSyncExternalStore } from "react";

import type { DrawnItem } from "../client/wire-items.ts";
import { WidgetView } from "../widgets/widget-view.tsx";
import { ImageHosts } from "./markdown-link.tsx";
import { useView } from "./view-context.ts";

export function WidgetEntry({ item }: { item: Extract<DrawnItem, { type: "widget" }> }) {
  const { chat, widgetAction } = useView();
  const imageDomains = use(ImageHosts);
  const busy = useSyncExternalStore(chat.subscribe, () => chat.getState().conversation.run !== null);
  return (
    <WidgetView
      widget={item.widget}
      itemId={item.id}
      imageDomains={imageDomains}
      busy={busy}
      onAction={widgetAction ?? null}
    />
  );
}
