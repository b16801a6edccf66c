// Where the messages are scrolled to: to the end when a thread opens and when a message is sent, and along if asked to.

import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

/** Nearer to the end than this counts as being there. */
const nearPx = 48;

export interface ScrollingOptions {
  /** A thread is being read; its end is shown when it is there. */
  readonly isLoading: boolean;
  readonly liveKey: string | null;
  /** Keep the end in view while it grows, unless the reader has scrolled away. */
  readonly follows: boolean;
}

export function useScrolling(
  scroller: RefObject<HTMLDivElement | null>,
  { isLoading, liveKey, follows }: ScrollingOptions,
): { isAtEnd: boolean; toEnd: () => void } {
  const [isAtEnd, setAtEnd] = useState(true);
  const wasAtEnd = useRef(true);

  useLayoutEffect(() => {
    const element = scroller.current;
    element?.scrollTo({ top: element.scrollHeight });
    // A new question, and a thread that has been read, are what moves the view.
    // oxlint-disable-next-line react/exhaustive-effect-dependencies
  }, [scroller, isLoading, liveKey]);

  useEffect(() => {
    const element = scroller.current;
    const content = element?.firstElementChild;
    if (!element || !content) return;
    let lastTop = element.scrollTop;
    const look = () => {
      const isNear = element.scrollHeight - element.scrollTop - element.clientHeight < nearPx;
      // What grows moves the end away, often before the scroll to the last one is told: that is no reader who leaves.
      if (isNear || !follows || element.scrollTop < lastTop) wasAtEnd.current = isNear;
      lastTop = element.scrollTop;
      setAtEnd(wasAtEnd.current);
    };
    const grown = new ResizeObserver(() => {
      if (follows && wasAtEnd.current) element.scrollTo({ top: element.scrollHeight });
      look();
    });
    grown.observe(content);
    grown.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      grown.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [scroller, follows]);

  const toEnd = () => {
    const element = scroller.current;
    if (element === null) return;
    // The button that was pressed goes away at the end.
    element.focus({ preventScroll: true });
    wasAtEnd.current = true;
    element.scrollTo({ top: element.scrollHeight, behavior: "smooth" });
  };
  return { isAtEnd, toEnd };
}
