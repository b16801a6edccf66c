// What the page has to show about an entity, beside the tag or the source that stands for it.

import type { Entity } from "@openai/chatkit";
import type { WidgetRoot } from "@sidekit/chatkit/protocol";
import { useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from "react";

import { SidekitChatError } from "../errors.ts";
import { keepBeside } from "../widgets/popup.ts";
import { readWidget } from "../widgets/tree.ts";
import { WidgetView } from "../widgets/widget-view.tsx";
import { useView } from "./view-context.ts";

export interface EntityCardProps {
  readonly id?: string;
  readonly entity: Entity;
  readonly anchor: () => HTMLElement | null;
  readonly onPointerEnter?: () => void;
  readonly onPointerLeave?: () => void;
}

/** Asks the page each time it is shown; nothing to see is nothing on screen. */
export function EntityCard({ id, entity, anchor, onPointerEnter, onPointerLeave }: EntityCardProps) {
  const { chat, emit, options } = useView();
  const panel = useRef<HTMLDivElement>(null);
  const [preview, setPreview] = useState<WidgetRoot | null>(null);
  const request = useEffectEvent(async () => options.entities?.onRequestPreview?.(entity));
  const failed = useEffectEvent((cause: unknown) =>
    emit("chatkit.error", { error: new SidekitChatError("preview_failed", { cause }) }),
  );
  const beside = useEffectEvent(anchor);

  useEffect(() => {
    let isGone = false;
    request().then((answer) => {
      if (!isGone) setPreview(readWidget(answer?.preview));
    }, failed);
    return () => {
      isGone = true;
    };
  }, []);

  useLayoutEffect(() => {
    const [element, place] = [panel.current, beside()];
    if (preview === null || element === null || place === null) return undefined;
    element.showPopover();
    return keepBeside(element, place, "top", "start");
  }, [preview]);

  if (preview === null) return null;
  const allowed = chat.getState().conversation.thread?.allowed_image_domains ?? [];
  return (
    <div
      ref={panel}
      id={id}
      popover="manual"
      role="tooltip"
      className="entity-card"
      onPointerEnter={onPointerEnter}
      onPointerLeave={onPointerLeave}
    >
      {/* A level between the chat's title and the widget's. */}
      <h3 className="unseen">{entity.title}</h3>
      <WidgetView
        widget={preview}
        itemId={entity.id}
        // The preview is the page's own, and so are pictures on its host.
        imageDomains={[location.hostname, ...allowed]}
        busy={false}
        onAction={null}
      />
    </div>
  );
}
