// What "@" and "/" offer while the user types: asks the page, drops answers that came too late, and inserts what is chosen.

import type { Command, Entity } from "@openai/chatkit";
import { type KeyboardEvent, type RefObject, useEffect, useEffectEvent, useId, useState } from "react";

import type { Draft } from "../chat/draft.ts";
import { tagLabel } from "../chat/draft.ts";
import { triggerAt } from "../chat/trigger.ts";
import { SidekitChatError } from "../errors.ts";
import { type FieldHandle, nowhere } from "./composer-field.tsx";
import { useView } from "./view-context.ts";

/** One line of the list. */
export interface Suggestion {
  readonly key: string;
  readonly label: string;
  readonly description?: string | undefined;
  readonly icon?: string | undefined;
  readonly group?: string | undefined;
}

/** What the composer itself can do, offered beside the page's commands. */
export interface ComposerAction extends Suggestion {
  readonly run: () => void;
}

type Source =
  | { readonly kind: "tag"; readonly entity: Entity }
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "action"; readonly action: ComposerAction };

type Row = Suggestion & { readonly source: Source };

/** The newest answer, and what it answers: the whole question, and without its words. */
interface Found {
  readonly question: string;
  readonly scope: string;
  /** Null when it failed. */
  readonly rows: readonly Row[] | null;
}

export interface Suggestions {
  readonly kind: "tag" | "command";
  readonly state: "loading" | "ready" | "failed";
  readonly rows: readonly Suggestion[];
  readonly listId: string;
  readonly active: number;
  /** The command that the page is busy with. */
  readonly pendingKey: string | null;
  activate(at: number): void;
  choose(at: number): void;
}

const typingMs = 150;
const patienceMs = 10_000;
const mostRows = 100;

/** Null while there is nothing to offer. `pressed` takes the keys of the list, and tells whether it has used one. */
export function useSuggestions(
  field: RefObject<FieldHandle | null>,
  draft: Draft,
  caret: number,
  actions: () => readonly ComposerAction[],
): { suggestions: Suggestions | null; pressed: (event: KeyboardEvent) => boolean } {
  const { chat, emit, options } = useView();
  const listId = useId();
  const [dismissedAt, setDismissed] = useState<number | null>(null);
  const [menu, setMenu] = useState<{ start: number; level: number; commands: readonly Command[] } | null>(
    null,
  );
  const [found, setFound] = useState<Found | null>(null);
  const [marked, setMarked] = useState({ question: "", at: 0 });
  const [pendingKey, setPending] = useState<string | null>(null);
  /** The question whose first answer is wanted, for Enter was pressed before it came. */
  const [hurriedFor, setHurried] = useState<string | null>(null);
  /** The question during which a command has failed. */
  const [failedFor, setFailed] = useState<string | null>(null);

  const asks = {
    tag: options.entities?.onTagSearch !== undefined,
    command: options.commands?.enabled === true,
  };
  const isHere = caret !== nowhere && (asks.tag || asks.command);
  const trigger = isHere ? triggerAt(draft.text, Math.min(caret, draft.text.length)) : null;
  const isTag = draft.tags.some((tag) => tag.start === trigger?.start);
  const isOffered = trigger !== null && asks[trigger.kind] && !isTag && trigger.start !== dismissedAt;
  const open = isOffered ? trigger : null;
  const nested = menu !== null && menu.start === open?.start ? menu : null;
  const scope = open === null ? null : `${open.kind} ${open.start} ${nested?.level ?? 0}`;
  const question = scope === null ? null : `${scope} ${open?.query ?? ""}`;
  const delayMs = open === null || open.query === "" || nested !== null ? 0 : typingMs;

  // What was said of a sign ends with the sign.
  if (trigger === null && dismissedAt !== null) setDismissed(null);
  if (open === null && menu !== null) setMenu(null);
  if (open === null && found !== null) setFound(null);
  if (hurriedFor !== null && hurriedFor !== question) setHurried(null);
  if (failedFor !== null && failedFor !== question) setFailed(null);

  const search = useEffectEvent(async (): Promise<Row[]> => {
    const query = open?.query ?? "";
    if (nested !== null) return nested.commands.filter((it) => names(it, query)).map(commandRow);
    if (open?.kind === "tag")
      return ((await options.entities?.onTagSearch?.(query)) ?? []).filter(isEntity).map(entityRow);
    const own = actions()
      .filter((it) => names(it, query))
      .map(actionRow);
    return [...((await options.commands?.onSearch?.(query)) ?? []).filter(isCommand).map(commandRow), ...own];
  });
  const settle = useEffectEvent((answered: string, rows: Row[] | null, cause?: unknown) => {
    // An answer to what nobody asks any more.
    if (answered !== question || scope === null) return;
    const shown = rows && grouped(rows);
    setFound({ question: answered, scope, rows: shown });
    setHurried(null);
    if (hurriedFor === answered && shown?.[0] !== undefined) void choose(shown[0]);
    if (rows === null) emit("chatkit.error", { error: new SidekitChatError("search_failed", { cause }) });
  });

  useEffect(() => {
    if (question === null) return undefined;
    let isOver = false;
    const timer = setTimeout(() => {
      search().then(
        (rows) => over(rows),
        (cause: unknown) => over(null, cause),
      );
    }, delayMs);
    const late = setTimeout(() => over(null), delayMs + patienceMs);
    return () => {
      isOver = true;
      clearTimeout(timer);
      clearTimeout(late);
    };

    function over(rows: Row[] | null, cause?: unknown): void {
      if (isOver) return;
      isOver = true;
      clearTimeout(late);
      settle(question ?? "", rows, cause);
    }
  }, [question, delayMs]);

  const isAnswered = found !== null && found.question === question;
  const hasFailed = found?.rows === null || failedFor === question;
  const state = !isAnswered ? "loading" : hasFailed ? "failed" : "ready";
  // What was found last stays until there is something newer, so that the list does not flicker.
  const rows: readonly Row[] = (found?.scope === scope ? found?.rows : null) ?? [];
  const active = marked.question === found?.question ? Math.min(marked.at, rows.length - 1) : 0;

  // Of a name of several words, what matches nothing is prose that goes on.
  const isProse = open?.kind === "tag" && open.query.includes(" ") && rows.length === 0;
  if (open === null || isProse) return { suggestions: null, pressed: () => false };

  const mark = (at: number) => setMarked({ question: found?.question ?? "", at });
  const suggestions: Suggestions = {
    kind: open.kind,
    state,
    rows,
    listId,
    active,
    pendingKey,
    activate: mark,
    choose: (at) => {
      if (rows[at] !== undefined) void choose(rows[at]);
    },
  };
  return { suggestions, pressed };

  function pressed(event: KeyboardEvent): boolean {
    if (event.nativeEvent.isComposing || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey)
      return false;
    switch (event.key) {
      case "ArrowDown":
      case "ArrowUp":
        if (rows.length === 0) return false;
        mark((active + (event.key === "ArrowDown" ? 1 : rows.length - 1)) % rows.length);
        break;
      case "Enter":
      case "Tab":
        // What is on screen may answer an older question; Tab goes on then, for nobody knows how long it takes.
        if (state === "loading" && event.key === "Enter") setHurried(question);
        else if (state !== "loading" && rows[active] !== undefined) void choose(rows[active]);
        else return false;
        break;
      case "Escape":
        setDismissed(open?.start ?? null);
        event.stopPropagation();
        break;
      default:
        return false;
    }
    event.preventDefault();
    return true;
  }

  async function choose({ source }: Row): Promise<void> {
    if (open === null || pendingKey !== null) return;
    if (source.kind === "tag") put(open.start, source.entity);
    else if (source.kind === "action") {
      put(open.start, null);
      source.action.run();
    } else await run(open.start, source.command);
  }

  async function run(from: number, command: Command): Promise<void> {
    setPending(command.id);
    setFailed(null);
    try {
      const next = await options.commands?.onSelect?.(command);
      if (next?.type === "menu") {
        setMenu({ start: from, level: (nested?.level ?? 0) + 1, commands: next.commands.filter(isCommand) });
        put(from, null, "/");
      } else put(from, next?.type === "entity" ? next.entity : null);
    } catch (cause) {
      setFailed(question);
      emit("chatkit.error", { error: new SidekitChatError("search_failed", { cause }) });
    } finally {
      setPending(null);
    }
  }

  /** In the place of what was typed for it, if that is still there. */
  function put(from: number, entity: Entity | null, sign = ""): void {
    const { text } = chat.getState().composer.draft;
    const at = field.current?.element?.selectionEnd ?? text.length;
    const begin = triggerAt(text, at)?.start === from ? from : at;
    if (entity === null) field.current?.replace(begin, at, sign);
    else {
      field.current?.replace(begin, at, tagLabel(entity), entity);
      const end = begin + tagLabel(entity).length;
      // Room for the next word; a space that is there already will do.
      if (/\s/.test(text[at] ?? "")) field.current?.element?.setSelectionRange(end + 1, end + 1);
      else field.current?.replace(end, end, " ");
    }
  }
}

/** A page without types may answer anything. */
function isEntity({ id, title }: Entity): boolean {
  return typeof id === "string" && typeof title === "string";
}

function isCommand({ id, label }: Command): boolean {
  return typeof id === "string" && typeof label === "string";
}

function entityRow(entity: Entity, at: number) {
  const source: Source = { kind: "tag", entity };
  return { key: `${entity.id} ${at}`, label: entity.title, icon: entity.icon, group: entity.group, source };
}

function commandRow(command: Command) {
  const source: Source = { kind: "command", command };
  return { ...shownPart(command), key: command.id, source };
}

function actionRow(action: ComposerAction) {
  const source: Source = { kind: "action", action };
  return { ...shownPart(action), key: action.key, source };
}

function shownPart({ label, description, icon, group }: Omit<Suggestion, "key">) {
  return { label, description, icon, group };
}

function names({ label, description = "" }: Omit<Suggestion, "key">, query: string): boolean {
  const wanted = query.toLocaleLowerCase();
  return `${label} ${description}`.toLocaleLowerCase().includes(wanted);
}

/** Rows of one group stand together, groups in the order of their first row. */
function grouped(rows: readonly Row[]): Row[] {
  const names = [...new Set(rows.map(({ group }) => group))];
  return names.flatMap((name) => rows.filter(({ group }) => group === name)).slice(0, mostRows);
}
