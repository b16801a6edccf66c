// A button beside words of an answer that the reader has selected: it puts them into the composer as a quote.

import { Reply } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";

import { useView } from "./view-context.ts";

interface Selected {
  readonly text: string;
  /** In the window. */
  readonly box: DOMRect;
}

const gapPx = 6;

export function ReplyToSelection() {
  const { chat, focusComposer, strings } = useView();
  const place = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const [selected, setSelected] = useState<Selected | null>(null);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = () => {
      clearTimeout(timer);
      // The button has the focus when it is reached by keyboard, and the selection is what it was.
      timer = setTimeout(() => {
        const root = place.current?.getRootNode();
        if (root instanceof ShadowRoot && root.activeElement !== button.current)
          setSelected(selectionIn(root));
      }, 50);
    };
    const forget = () => setSelected(null);
    document.addEventListener("selectionchange", read);
    const root = place.current?.getRootNode();
    // What was measured has moved; what is still selected is found again by the next change of it.
    root?.addEventListener("scroll", forget, { capture: true, passive: true });
    addEventListener("resize", forget);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("selectionchange", read);
      root?.removeEventListener("scroll", forget, { capture: true });
      removeEventListener("resize", forget);
    };
  }, []);

  useLayoutEffect(() => {
    const element = button.current;
    if (element === null || selected === null) return;
    element.showPopover();
    const { width, height } = element.getBoundingClientRect();
    const { box } = selected;
    const above = box.top - height - gapPx;
    // Above the words, touch screens show a menu of their own.
    const isAbove = above >= gapPx && !matchMedia("(pointer: coarse)").matches;
    const top = isAbove ? above : Math.min(box.bottom + gapPx, innerHeight - height - gapPx);
    const left = Math.max(gapPx, Math.min(box.left + (box.width - width) / 2, innerWidth - width - gapPx));
    element.style.setProperty("top", `${top}px`);
    element.style.setProperty("left", `${left}px`);
  }, [selected]);

  return (
    <div ref={place}>
      {selected !== null && (
        <button
          ref={button}
          type="button"
          popover="manual"
          className="reply-button"
          // A press must not end the selection before it is used.
          onPointerDown={(event) => event.preventDefault()}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            setSelected(null);
            focusComposer();
          }}
          onBlur={() => setSelected(null)}
          onClick={() => {
            chat.setReply(selected.text);
            setSelected(null);
            focusComposer();
          }}
        >
          <Reply aria-hidden="true" />
          {strings.reply}
        </button>
      )}
    </div>
  );
}

/** Null when nothing is selected, or not within one answer. */
function selectionIn(root: ShadowRoot): Selected | null {
  const selection = document.getSelection();
  if (selection === null) return null;
  const range = rangeIn(selection, root);
  if (range === null) return null;
  const [from, to] = [answerOf(range.startContainer), answerOf(range.endContainer)];
  const text = selection.toString().trim();
  if (from === null || from !== to || text === "") return null;
  return { text, box: range.getBoundingClientRect() };
}

/** Selections end at a shadow root for those outside of it, unless they are asked for what is inside. */
function rangeIn(selection: Selection, root: ShadowRoot): Range | null {
  const [inner] =
    "getComposedRanges" in selection ? selection.getComposedRanges({ shadowRoots: [root] }) : [];
  const found = inner ?? (selection.rangeCount === 0 ? null : selection.getRangeAt(0));
  if (found === null || found.collapsed || !root.contains(found.startContainer)) return null;
  const range = document.createRange();
  range.setStart(found.startContainer, found.startOffset);
  range.setEnd(found.endContainer, found.endOffset);
  return range;
}

function answerOf(node: Node): Element | null {
  const element = node instanceof Element ? node : node.parentElement;
  return element?.closest(".answer") ?? null;
}
