// What the page has to show about an entity, beside the tag or the source that stands for it.

import type { Entity } from "@openai/chatkit";
import type { WidgetRoot } from "@sidekit/chatkit/protocol";
import { useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";

import { SidekitChatError } from "../errors.ts";
import { keepBeside } from "../widgets/popup.ts";
import { readWidget } from "../widgets/tree.ts";
import { WidgetView } from "../widgets/widget-view.tsx";
import { useView } from "./view-context.ts";

export interface EntityCardProps {
  readonly id?: string;
  readonly entity: Entity;
  readonly anchor: () => HTMLElement | null;
  /** Escape was pressed, wherever the focus is. */
  readonly onDismiss: () => void;
  readonly onPointerEnter?: () => void;
  readonly onPointerLeave?: () => void;
}

interface Shown {
  readonly preview: WidgetRoot;
  readonly anchor: HTMLElement;
  /** The card is no part of the running text that it belongs to. */
  readonly frame: HTMLElement;
}

/** Asks the page each time it is shown; nothing to see is nothing on screen. */
export function EntityCard({
  id,
  entity,
  anchor,
  onDismiss,
  onPointerEnter,
  onPointerLeave,
}: EntityCardProps) {
  const { chat, emit, options } = useView();
  const panel = useRef<HTMLDivElement>(null);
  const [shown, setShown] = useState<Shown | null>(null);
  const request = useEffectEvent(async () => options.entities?.onRequestPreview?.(entity));
  const failed = useEffectEvent((cause: unknown) =>
    emit("chatkit.error", { error: new SidekitChatError("preview_failed", { cause }) }),
  );
  const place = useEffectEvent((preview: WidgetRoot | null) => {
    const beside = anchor();
    const frame = beside?.closest<HTMLElement>(".frame") ?? null;
    if (preview !== null && beside !== null && frame !== null) setShown({ preview, anchor: beside, frame });
  });
  const pressed = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onDismiss();
  });

  useEffect(() => {
    let isGone = false;
    request().then((answer) => {
      if (!isGone) place(readWidget(answer?.preview));
    }, failed);
    return () => {
      isGone = true;
    };
  }, []);

  useLayoutEffect(() => {
    const element = panel.current;
    if (shown === null || element === null) return undefined;
    element.showPopover();
    return keepBeside(element, shown.anchor, "top", "start");
  }, [shown]);

  useEffect(() => {
    if (shown === null) return undefined;
    // Before anybody else: Escape ends a running answer, too.
    document.addEventListener("keydown", pressed, { capture: true });
    return () => document.removeEventListener("keydown", pressed, { capture: true });
  }, [shown]);

  if (shown === null) return null;
  const allowed = chat.getState().conversation.thread?.allowed_image_domains ?? [];
  return createPortal(
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
        widget={shown.preview}
        itemId={entity.id}
        // The preview is the page's own, and so are pictures on its host.
        imageDomains={[location.hostname, ...allowed]}
        busy={false}
        onAction={null}
      />
    </div>,
    shown.frame,
  );
}
