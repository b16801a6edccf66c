// A panel beside its button, in the top layer, where nothing of the transcript can cut it off.

import { type RefObject, useEffect, useId, useRef, useState } from "react";

export type Side = "top" | "bottom" | "left" | "right";
export type PopupAlign = "start" | "center" | "end";

export interface Popup {
  readonly id: string;
  readonly isOpen: boolean;
  readonly trigger: RefObject<HTMLButtonElement | null>;
  readonly panel: RefObject<HTMLDivElement | null>;
  open(): void;
  /** The focus returns to the button. */
  close(): void;
}

const gapPx = 6;

/** The panel has to be `popover="auto"` and named by the button's `popoverTarget`. */
export function usePopup(side: Side = "bottom", align: PopupAlign = "start"): Popup {
  const id = useId();
  const trigger = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);

  useEffect(() => {
    const element = panel.current;
    if (element === null) return undefined;
    const toggled = () => setOpen(element.matches(":popover-open"));
    element.addEventListener("toggle", toggled);
    return () => element.removeEventListener("toggle", toggled);
  }, []);

  useEffect(() => {
    const [button, element] = [trigger.current, panel.current];
    if (!isOpen || button === null || element === null) return undefined;
    return keepBeside(element, button, side, align);
  }, [isOpen, side, align]);

  return {
    id,
    isOpen,
    trigger,
    panel,
    open: () => panel.current?.showPopover(),
    close: () => {
      panel.current?.hidePopover();
      trigger.current?.focus();
    },
  };
}

/** Places a panel of the top layer, and follows what it belongs to until the returned function is called. */
export function keepBeside(
  panel: HTMLElement,
  anchor: HTMLElement,
  side: Side,
  align: PopupAlign,
): () => void {
  const follow = () => place(panel, anchor, side, align);
  follow();
  // Scrolling inside a shadow root is not heard outside of it.
  const root = anchor.getRootNode();
  const resized = new ResizeObserver(follow);
  resized.observe(panel);
  root.addEventListener("scroll", follow, { capture: true, passive: true });
  addEventListener("scroll", follow, { capture: true, passive: true });
  addEventListener("resize", follow);
  return () => {
    resized.disconnect();
    root.removeEventListener("scroll", follow, { capture: true });
    removeEventListener("scroll", follow, { capture: true });
    removeEventListener("resize", follow);
  };
}

/** On the side that was asked for if there is room, else on the other one, and always within the window. */
function place(panel: HTMLElement, anchor: HTMLElement, side: Side, align: PopupAlign): void {
  const from = anchor.getBoundingClientRect();
  panel.style.minInlineSize = `${Math.min(from.width, innerWidth - 2 * gapPx)}px`;
  const { width, height } = panel.getBoundingClientRect();
  const isRightToLeft = getComputedStyle(anchor).direction === "rtl";
  const along = (start: number, length: number, own: number) => {
    const at = isRightToLeft && align !== "center" ? (align === "start" ? "end" : "start") : align;
    return at === "center" ? start + (length - own) / 2 : at === "end" ? start + length - own : start;
  };
  const below = from.bottom + gapPx;
  const above = from.top - gapPx - height;
  const after = from.right + gapPx;
  const before = from.left - gapPx - width;
  let [left, top] = [along(from.left, from.width, width), below];
  if (side === "top") top = above >= gapPx ? above : below;
  else if (side === "bottom") top = below + height <= innerHeight - gapPx || above < gapPx ? below : above;
  else {
    top = from.top + (from.height - height) / 2;
    const [wanted, other] = side === "left" ? [before, after] : [after, before];
    left = wanted >= gapPx && wanted + width <= innerWidth - gapPx ? wanted : other;
  }
  panel.style.left = `${clamp(left, innerWidth - width - gapPx)}px`;
  panel.style.top = `${clamp(top, innerHeight - height - gapPx)}px`;
}

function clamp(at: number, most: number): number {
  return Math.max(gapPx, Math.min(at, most));
}
