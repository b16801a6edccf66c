// The text field of the composer. It is a textarea, for input methods, undoing, long texts and screen readers; tags are
// stretches of its text, and what marks them is drawn behind it.

import type { EntitiesOption, Entity } from "@openai/chatkit";
import {
  type ClipboardEvent,
  type KeyboardEvent,
  type MouseEvent,
  type Ref,
  useEffect,
  useEffectEvent,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react";

import { type Draft, type DraftTag, retype, tagAt, tagEnd, tagLabel } from "../chat/draft.ts";
import { EntityCard } from "./entity-card.tsx";
import { isCallable } from "./entity-chip.tsx";
import { useView } from "./view-context.ts";

/** Where the caret is while something else has the focus. */
export const nowhere = -1;

export interface FieldHandle {
  readonly element: HTMLTextAreaElement | null;
  /** As if it had been typed, so that it can be undone. Takes the focus; what is inserted may be a tag. */
  replace(from: number, to: number, text: string, entity?: Entity): void;
}

export interface ComposerFieldProps {
  readonly ref: Ref<FieldHandle>;
  readonly draft: Draft;
  /** Or `nowhere`. */
  readonly caret: number;
  readonly placeholder: string;
  readonly disabled: boolean;
  readonly invalid: boolean;
  /** While something else is in its place, it cannot be measured. */
  readonly hidden: boolean;
  /** The list that belongs to it while it is open. */
  readonly listId: string | undefined;
  readonly activeId: string | undefined;
  readonly onElement: (element: HTMLTextAreaElement | null) => void;
  readonly onCaret: (caret: number) => void;
  readonly onPaste: (event: ClipboardEvent) => void;
  readonly onKeyDown: (event: KeyboardEvent<HTMLTextAreaElement>) => void;
}

export function ComposerField({
  ref,
  draft,
  caret,
  placeholder,
  disabled,
  invalid,
  hidden,
  listId,
  activeId,
  onElement,
  onCaret,
  onPaste,
  onKeyDown,
}: ComposerFieldProps) {
  const { chat, options, strings } = useView();
  const textarea = useRef<HTMLTextAreaElement | null>(null);
  const mirror = useRef<HTMLDivElement | null>(null);
  const adding = useRef<DraftTag | null>(null);
  const [pointed, setPointed] = useState<DraftTag | null>(null);
  const [dismissed, setDismissed] = useState<DraftTag | null>(null);
  const hasTags = draft.tags.length > 0;
  const near = tagAt(draft, caret);
  const wanted = pointed !== null && draft.tags.includes(pointed) ? pointed : near;
  const shown = wanted === dismissed ? null : wanted;
  // Once it has been left, it can be shown again.
  if (wanted === null && dismissed !== null) setDismissed(null);

  useImperativeHandle(ref, () => ({
    get element() {
      return textarea.current;
    },
    replace: (from, to, text, entity) => {
      const element = textarea.current;
      if (element === null) return;
      element.focus();
      element.setSelectionRange(from, to);
      adding.current = entity === undefined ? null : { start: from, entity };
      insert(element, text);
      adding.current = null;
    },
  }));

  // React's own event for it does not know what has the focus within a shadow root.
  const moved = useEffectEvent(() => {
    const root = textarea.current?.getRootNode();
    const hasFocus = root instanceof ShadowRoot && root.activeElement === textarea.current;
    onCaret(hasFocus ? (textarea.current?.selectionEnd ?? nowhere) : nowhere);
  });
  useEffect(() => {
    const element = textarea.current;
    element?.addEventListener("selectionchange", moved);
    return () => element?.removeEventListener("selectionchange", moved);
  }, []);

  useLayoutEffect(() => {
    if (!hidden) measure(textarea.current, mirror.current);
    // What is measured follows from the text and from whether the field is there.
    // oxlint-disable-next-line react/exhaustive-effect-dependencies
  }, [draft, hidden]);

  useEffect(() => {
    const element = textarea.current;
    if (element === null) return undefined;
    let width = element.clientWidth;
    const resized = new ResizeObserver(() => {
      // Its height is our own doing.
      if (element.clientWidth === width) return;
      width = element.clientWidth;
      if (width > 0) measure(element, mirror.current);
    });
    resized.observe(element);
    return () => resized.disconnect();
  }, []);

  function typed(element: HTMLTextAreaElement, event: Event): void {
    const inputType = event instanceof InputEvent ? event.inputType : "";
    const next = retype(chat.getState().composer.draft, element.value, {
      caret: element.selectionEnd,
      isHistory: inputType.startsWith("history"),
      added: adding.current,
    });
    chat.setDraft(next);
    onCaret(element.selectionEnd);
  }

  /** A tag goes as a whole. */
  function removedTag(event: KeyboardEvent<HTMLTextAreaElement>): boolean {
    const { selectionStart, selectionEnd } = event.currentTarget;
    if (selectionStart !== selectionEnd || event.nativeEvent.isComposing) return false;
    const tag = draft.tags.find((it) =>
      event.key === "Backspace"
        ? tagEnd(it) === selectionStart
        : event.key === "Delete" && it.start === selectionStart,
    );
    if (tag === undefined) return false;
    event.preventDefault();
    event.currentTarget.setSelectionRange(tag.start, tagEnd(tag));
    insert(event.currentTarget, "");
    return true;
  }

  /** What a click does, for those who have no pointer. */
  function openedTag(event: KeyboardEvent<HTMLTextAreaElement>): boolean {
    if (event.key !== "Enter" || !event.altKey || near === null) return false;
    event.preventDefault();
    if (near.entity.interactive === true) options.entities?.onClick?.(near.entity);
    return true;
  }

  function tagUnder({ clientX, clientY }: MouseEvent): DraftTag | null {
    const marks = [...(mirror.current?.querySelectorAll("mark") ?? [])];
    const at = marks.findIndex((mark) =>
      [...mark.getClientRects()].some(
        ({ left, right, top, bottom }) =>
          left <= clientX && clientX <= right && top <= clientY && clientY <= bottom,
      ),
    );
    return draft.tags[at] ?? null;
  }

  return (
    <div className="field">
      {hasTags && (
        <div ref={mirror} className="field-tags" dir="auto" aria-hidden="true">
          <TaggedText draft={draft} />
        </div>
      )}
      <textarea
        ref={(element) => {
          textarea.current = element;
          onElement(element);
        }}
        dir="auto"
        rows={1}
        value={draft.text}
        aria-label={strings.message}
        aria-invalid={invalid}
        aria-autocomplete={listId === undefined ? undefined : "list"}
        aria-controls={listId}
        aria-activedescendant={activeId}
        placeholder={placeholder}
        disabled={disabled}
        onChange={(event) => typed(event.currentTarget, event.nativeEvent)}
        onKeyUp={(event) => onCaret(event.currentTarget.selectionEnd)}
        onFocus={(event) => onCaret(event.currentTarget.selectionEnd)}
        onBlur={() => onCaret(nowhere)}
        onScroll={(event) => {
          if (mirror.current !== null) mirror.current.scrollTop = event.currentTarget.scrollTop;
        }}
        onMouseMove={hasTags ? (event) => setPointed(tagUnder(event)) : undefined}
        onMouseLeave={() => setPointed(null)}
        onClick={(event) => {
          onCaret(event.currentTarget.selectionEnd);
          const tag = hasTags ? tagUnder(event) : null;
          if (tag !== null && tag.entity.interactive === true) options.entities?.onClick?.(tag.entity);
        }}
        onPaste={onPaste}
        onKeyDown={(event) => {
          if (!removedTag(event) && !openedTag(event)) onKeyDown(event);
        }}
      />
      {options.entities !== undefined && (
        <span className="unseen" role="status">
          {near !== null && strings.tagIs(near.entity.title, hasClick(near.entity, options.entities))}
        </span>
      )}
      {shown !== null && isCallable(shown.entity, options.entities) && (
        <EntityCard
          key={`${shown.entity.id} ${shown.start}`}
          entity={shown.entity}
          onDismiss={() => setDismissed(shown)}
          anchor={() => mirror.current?.querySelectorAll("mark")[draft.tags.indexOf(shown)] ?? null}
        />
      )}
    </div>
  );
}

function measure(element: HTMLTextAreaElement | null, behind: HTMLElement | null): void {
  if (element === null) return;
  // Its own height first, or it could never become smaller again.
  element.style.height = "auto";
  element.style.height = `${element.scrollHeight}px`;
  if (behind === null) return;
  // As wide as the text, without the scrollbar.
  behind.style.inlineSize = `${element.clientWidth}px`;
  behind.scrollTop = element.scrollTop;
}

function TaggedText({ draft: { text, tags } }: { draft: Draft }) {
  const ends = [0, ...tags.map(tagEnd)];
  return (
    <>
      {tags.map((tag, at) => (
        <span key={tag.start}>
          {text.slice(ends[at], tag.start)}
          <mark>{tagLabel(tag.entity)}</mark>
        </span>
      ))}
      {text.slice(ends.at(-1))}
    </>
  );
}

function hasClick({ interactive }: Entity, { onClick }: EntitiesOption): boolean {
  return interactive === true && onClick !== undefined;
}

/** The one way into a text field's own history; where the platform has it no more, undoing is lost and nothing else. */
function insert(element: HTMLTextAreaElement, text: string): void {
  if (document.execCommand(text === "" ? "delete" : "insertText", false, text)) return;
  element.setRangeText(text, element.selectionStart, element.selectionEnd, "end");
  element.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
