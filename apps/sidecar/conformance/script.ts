// Interprets the scripts of a case: what an application does when the server calls it.

import { setTimeout as sleep } from "node:timers/promises";

import { refusal, type ResponderEvent, type ThreadStore, turnError, type Turn } from "@sidekit/chatkit";
import type { Json, JsonObject } from "@sidekit/chatkit/protocol";
import { widgetEvents } from "@sidekit/chatkit/widgets";
import { z } from "zod";

import type { Bindings } from "./bindings.ts";
import { resolve, type Scope, ScriptFault } from "./case-values.ts";
import type { Cues } from "./cues.ts";
import { isObject } from "./match.ts";
import { modelRunEvents } from "./model-runs.ts";
import { toItem } from "./plain-json.ts";
import type { Condition, Place, Script, StoreWrite, Thrown } from "./script-format.ts";
import { itemWithPlace, withPlace } from "./turn-items.ts";
import { statesOf } from "./widgets.ts";

const storeMs = 5_000;

/** The server judges what a responder yields; a script may yield anything. */
const unchecked = z.custom<ResponderEvent>();

/** What a script is played with. */
export interface Scene {
  readonly bindings: Bindings;
  readonly cues: Cues;
  /** What `$get` looks into, as it is now. */
  readonly facts: () => JsonObject;
  /** Told of a script that cannot be played. */
  readonly onFault: (fault: ScriptFault) => void;
  /** Null for functions that answer nothing but their result. */
  readonly stage: { readonly turn: Turn; readonly store: ThreadStore } | null;
}

/** Ends with what the script returns, or with null when it comes to its end. */
export async function* play(script: Script, scene: Scene): AsyncGenerator<ResponderEvent, Json> {
  try {
    const ended = yield* perform(script, scene, { ...scene, kept: new Map() });
    return ended?.result ?? null;
  } catch (thrown) {
    if (thrown instanceof ScriptFault) scene.onFault(thrown);
    throw thrown;
  }
}

/** For functions that do not yield. */
export async function playThrough(script: Script, scene: Scene): Promise<Json> {
  const step = await play(script, scene).next();
  if (step.done === true) return step.value;
  const fault = new ScriptFault("A script yields where nothing can be yielded.");
  scene.onFault(fault);
  throw fault;
}

/** The script is over, wherever in it that was found. */
interface Ended {
  readonly result: Json;
}

async function* perform(
  script: Script,
  scene: Scene,
  scope: Scope & { readonly kept: Map<string, JsonObject> },
): AsyncGenerator<ResponderEvent, Ended | null> {
  for (const operation of script) {
    if ("yield" in operation) {
      const event = resolve(operation.yield, scope);
      yield unchecked.parse(scene.stage === null ? event : withPlace(event, scene.stage.turn));
    } else if ("throw" in operation) {
      throw thrownBy(operation.throw);
    } else if ("return" in operation) {
      return { result: resolve(operation.return, scope) };
    } else if ("delayMs" in operation) {
      await sleep(operation.delayMs);
    } else if ("when" in operation) {
      const branch = holds(operation.when, scene.facts()) ? operation.ops : (operation.else ?? []);
      const ended = yield* perform(branch, scene, scope);
      if (ended !== null) return ended;
    } else if ("repeat" in operation) {
      for (let i = 1; i <= operation.repeat; i++) {
        const counted = { ...scope, facts: () => ({ ...scope.facts(), i }) };
        const ended = yield* perform(operation.ops, { ...scene, facts: counted.facts }, counted);
        if (ended !== null) return ended;
      }
    } else if ("let" in operation) {
      const item = resolve(operation.be, scope);
      if (!isObject(item)) throw new ScriptFault("A script keeps something that is no object.");
      scope.kept.set(operation.let, itemWithPlace(item, stageOf(scene).turn));
    } else if ("push" in operation) {
      const list = placeOf(operation.push, scope, operation.push.path);
      if (!Array.isArray(list)) throw new ScriptFault("A script pushes to something that is no list.");
      list.push(resolve(operation.push.value, scope));
    } else if ("assign" in operation) {
      assign(operation.assign, scope);
    } else if ("awaitAbort" in operation) {
      await scene.cues.awaitAbort(stageOf(scene).turn.signal);
      return { result: null };
    } else if ("gate" in operation) {
      await scene.cues.passGate(operation.gate, stageOf(scene).turn.signal);
    } else if ("setThread" in operation) {
      setThread(stageOf(scene).turn, operation.setThread, scope);
    } else if ("store" in operation) {
      await writeToStore(operation.store, stageOf(scene), scope);
    } else if ("widget" in operation) {
      const { states, options } = statesOf(operation.widget);
      yield* widgetEvents(stageOf(scene).turn, states, options);
    } else if ("modelRun" in operation) {
      yield* modelRunEvents(operation.modelRun, stageOf(scene).turn, scope);
    } else {
      operation satisfies never;
    }
  }
  return null;
}

function stageOf({ stage }: Scene): NonNullable<Scene["stage"]> {
  if (stage === null) throw new ScriptFault("A script does here what only a turn can do.");
  return stage;
}

function thrownBy(thrown: Thrown): Error {
  const retry =
    "allowRetry" in thrown && thrown.allowRetry !== undefined ? { allowRetry: thrown.allowRetry } : {};
  switch (thrown.kind) {
    case "custom":
      return turnError({ message: thrown.message, ...retry });
    case "stream":
      return turnError({ code: thrown.code, ...retry });
    case "http":
      return refusal(thrown.status);
    case "unexpected":
      return new Error(thrown.message ?? "the script throws");
    default:
      return thrown satisfies never;
  }
}

/** All that are named must hold. */
function holds(condition: Condition, facts: JsonObject): boolean {
  const { turn, input, sender, action, text, user } = condition;
  const wants: [unknown, unknown][] = [
    [turn, facts["turn"]],
    [input, isObject(facts["input"])],
    [sender, isObject(facts["sender"])],
    [action, isObject(facts["action"]) ? facts["action"]["type"] : null],
    [user, facts["user"]],
  ];
  if (wants.some(([wanted, found]) => wanted !== undefined && wanted !== found)) return false;
  const content = isObject(facts["input"]) ? facts["input"]["content"] : null;
  return (
    text === undefined ||
    (Array.isArray(content) && content.some((part) => isObject(part) && part["text"] === text))
  );
}

function setThread(turn: Turn, changes: Record<string, Json>, scope: Scope): void {
  for (const [member, value] of Object.entries(changes)) {
    const change = resolve(value, scope);
    // The types of this program write an absent member by its absence.
    if (change === null) Reflect.deleteProperty(turn.thread, member);
    else Reflect.set(turn.thread, member, change);
  }
}

async function writeToStore(
  write: StoreWrite,
  { turn, store }: NonNullable<Scene["stage"]>,
  scope: Scope,
): Promise<void> {
  const signal = AbortSignal.timeout(storeMs);
  const { owner, thread } = turn;
  if ("saveThread" in write) {
    await store.updateThread(owner, thread.id, () => thread, signal);
  } else if ("deleteItem" in write) {
    await store.deleteItems(owner, thread.id, [String(resolve(write.deleteItem, scope))], signal);
  } else {
    const item = resolve("addItem" in write ? write.addItem : write.saveItem, scope);
    if (!isObject(item)) throw new ScriptFault("A script stores something that is no item.");
    await store.saveItems(owner, thread.id, [toItem(itemWithPlace(item, turn), thread.id)], signal);
  }
}

function placeOf({ var: name }: Place, scope: Scope, path: Place["path"]): Json {
  let value: Json = scope.kept.get(name) ?? null;
  for (const step of path) {
    const entry: Json | undefined = Array.isArray(value)
      ? value[Number(step)]
      : isObject(value)
        ? value[step]
        : undefined;
    if (entry === undefined) throw new ScriptFault(`${name} has nothing at ${path.join(".")}.`);
    value = entry;
  }
  return value;
}

function assign(place: Place, scope: Scope): void {
  const member = place.path.at(-1);
  const target = placeOf(place, scope, place.path.slice(0, -1));
  if (member === undefined || typeof target !== "object" || target === null) {
    throw new ScriptFault(`${place.var} has no such place.`);
  }
  Reflect.set(target, member, resolve(place.value, scope));
}
