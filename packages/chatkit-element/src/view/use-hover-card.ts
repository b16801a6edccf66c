// A card beside something in running text: it opens for whoever points at it or reaches it with the keyboard.

import { useEffect, useId, useRef, useState } from "react";

/** Time to pass over it, and time to reach the card from it. */
const openMs = 250;
const closeMs = 200;

export interface HoverCard {
  readonly id: string;
  /** The ref of what the card belongs to. */
  readonly keep: (anchor: HTMLElement | null) => void;
  readonly anchor: HTMLElement | null;
  readonly isOpen: boolean;
  /** For what the card belongs to. */
  readonly onAnchor: {
    readonly onPointerEnter: () => void;
    readonly onPointerLeave: () => void;
    readonly onFocus: () => void;
    readonly onBlur: () => void;
  };
  /** For the card itself: who points at it keeps it. */
  readonly onCard: { readonly onPointerEnter: () => void; readonly onPointerLeave: () => void };
  show(): void;
  dismiss(): void;
}

export function useHoverCard(): HoverCard {
  const id = useId();
  const [anchor, keep] = useState<HTMLElement | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => () => clearTimeout(timer.current), []);

  const turn = (open: boolean, afterMs: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setOpen(open), afterMs);
  };
  return {
    id,
    keep,
    anchor,
    isOpen,
    onAnchor: {
      onPointerEnter: () => turn(true, openMs),
      onPointerLeave: () => turn(false, closeMs),
      onFocus: () => turn(true, 0),
      onBlur: () => turn(false, 0),
    },
    onCard: { onPointerEnter: () => turn(true, 0), onPointerLeave: () => turn(false, closeMs) },
    show: () => turn(true, 0),
    dismiss: () => turn(false, 0),
  };
}
