// Where the messages are scrolled to: to the end when a thread opens and when a message is sent, and along if asked to.

import { type RefObject, useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from "react";

/** Nearer to the end than this counts as being there. */
const nearPx = 48;

export interface ScrollingOptions {
  /** A thread is being read; its end is shown when it is there. */
  readonly isLoading: boolean;
  readonly liveKey: string | null;
  /** What stands above everything: another one than before means that something came or went there. */
  readonly top: string;
  /** Keep the end in view while it grows, unless the reader has scrolled away. */
  readonly follows: boolean;
  /** The reader is about to reach what is first. */
  readonly onNearTop: () => void;
}

export function useScrolling(
  scroller: RefObject<HTMLDivElement | null>,
  { isLoading, liveKey, top, follows, onNearTop }: ScrollingOptions,
): { isAtEnd: boolean; toEnd: () => void } {
  const [isAtEnd, setAtEnd] = useState(true);
  const wasAtEnd = useRef(true);
  /** The topmost turn in view, and where it ends: its beginning may grow when more is read of it. */
  const anchor = useRef<{ last: string; bottom: number } | null>(null);
  const nearTop = useEffectEvent(onNearTop);

  useLayoutEffect(() => {
    const [element, kept] = [scroller.current, anchor.current];
    if (element === null || kept === null) return;
    const turn = element.querySelector(`.turn[data-last="${CSS.escape(kept.last)}"]`);
    if (turn !== null) element.scrollTop += bottomIn(element, turn) - kept.bottom;
    // oxlint-disable-next-line react/exhaustive-effect-dependencies
  }, [scroller, top]);

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
      anchor.current = anchorIn(element);
      if (element.scrollTop < element.clientHeight) nearTop();
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

function anchorIn(scroller: Element): { last: string; bottom: number } | null {
  const turns = scroller.getElementsByClassName("turn");
  // Turns stand below each other, so the first that reaches into the view is found by halving.
  let [from, to] = [0, turns.length - 1];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    const turn = turns[middle];
    if (turn !== undefined && bottomIn(scroller, turn) <= 0) from = middle + 1;
    else to = middle;
  }
  const turn = turns[from];
  const last = turn?.getAttribute("data-last") ?? null;
  return turn === undefined || last === null ? null : { last, bottom: bottomIn(scroller, turn) };
}

function bottomIn(scroller: Element, turn: Element): number {
  return turn.getBoundingClientRect().bottom - scroller.getBoundingClientRect().top;
}
