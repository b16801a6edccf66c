// Plays the run of a model, entry by entry, through the mapping that the responders use.

import { setTimeout as sleep } from "node:timers/promises";

import { randomId, type ResponderEvent, type Turn } from "@sidekit/chatkit";
import {
  GuardrailTripped,
  type ModelConversions,
  type ModelRun,
  type ModelSignal,
  streamModelRun,
} from "@sidekit/chatkit/model-run";
import {
  type Json,
  storedThreadSchema,
  taskSchema,
  type Workflow,
  workflowSchema,
} from "@sidekit/chatkit/protocol";
import { z } from "zod";

import { createBindings } from "./bindings.ts";
import type { CaseOf } from "./case-format.ts";
import { resolve, type Scope } from "./case-values.ts";
import { isObject, match, type Mismatch } from "./match.ts";
import { toItem, toJson, toObject } from "./plain-json.ts";
import type { ModelRunEntry, ModelRunScript } from "./script-format.ts";
import { ownerOf } from "./sidecar.ts";
import { openStore, type StoreKind } from "./stores.ts";
import { withPlace } from "./turn-items.ts";
import { statesOf } from "./widgets.ts";

const storeMs = 5_000;
const threadId = "thr_1";
const owner = ownerOf("alice");

/** The mapping judges what comes from a model, and the server what is pushed. */
const unchecked = {
  event: z.custom<ResponderEvent>(),
  called: z.custom<Extract<ModelSignal, { type: "tool_called" }>["item"]>(),
  summary: z.custom<NonNullable<Workflow["summary"]>>(),
};

/** What the mapping makes of the run. Throws GuardrailTripped where the run ends with a tripwire. */
export function modelRunEvents(
  { script, converter }: ModelRunScript,
  turn: Turn,
  scope: Scope,
): AsyncIterable<ResponderEvent> {
  async function* source(run: ModelRun): AsyncGenerator<ModelSignal | readonly ModelSignal[]> {
    for (const entry of script) {
      // Nothing at all is a signal too: the next entry is fed when everything before it has come out.
      yield (await played(entry, run, turn, scope)) ?? [];
    }
  }
  return streamModelRun(turn, source, conversionsOf(converter));
}

/** Null when everything is as expected. */
export async function runModelStreamCase(
  testCase: CaseOf<"model-stream">,
  kind: StoreKind,
): Promise<Mismatch | null> {
  await using store = await openStore(kind);
  const bindings = createBindings();
  const thread = storedThreadSchema.parse({ id: threadId, created_at: new Date().toISOString() });
  const items = (testCase.items ?? []).map((item) => toItem(item, threadId));
  await store.createThread(owner, thread, items, AbortSignal.timeout(storeMs));
  const newestFirst = async (limit: number) => {
    const page = { limit, order: "desc", visibleOnly: false } as const;
    return (await store.listItems(owner, threadId, page, AbortSignal.timeout(storeMs))).rows;
  };
  const turn: Turn = {
    runId: randomId("run"),
    owner,
    profile: { name: "default", model: "", instructions: "", offers: { models: [], tools: [] } },
    metadata: {},
    thread,
    cause: { kind: "user_message", retry: false },
    userMessage: null,
    history: async (limit) => (await newestFirst(limit)).toReversed(),
    keep: (item) => store.saveItems(owner, threadId, [item], AbortSignal.timeout(storeMs)),
    addTokens: () => Promise.resolve(),
    readAttachment: () => Promise.reject(new Error("There are no attachments here.")),
    newId: (kind) => `${kind}_${randomId("msg")}`,
    now: () => new Date().toISOString(),
    signal: AbortSignal.timeout(storeMs),
  };

  const events: Json[] = [];
  let thrown: string | null = null;
  try {
    const scope = { bindings, facts: () => ({}), kept: new Map() };
    for await (const event of modelRunEvents(testCase.run, turn, scope)) events.push(toJson(event));
  } catch (error) {
    if (!(error instanceof GuardrailTripped)) throw error;
    thrown = "guardrail";
  }
  const { expect } = testCase;
  const stored = toJson((await newestFirst(100)).toReversed());
  return (
    match(expect.events, events, bindings, "expect.events") ??
    match(expect.throws ?? null, thrown, bindings, "expect.throws") ??
    match(expect.stored, stored, bindings, "expect.stored")
  );
}

async function played(
  entry: ModelRunEntry,
  run: ModelRun,
  turn: Turn,
  scope: Scope,
): Promise<ModelSignal | undefined> {
  const given = (value: Json) => resolve(value, scope);
  if ("model" in entry) return { type: "model", event: given(entry.model) };
  if ("toolCalled" in entry) {
    return { type: "tool_called", item: unchecked.called.parse(given(entry.toolCalled)) };
  }
  if ("push" in entry) run.push(unchecked.event.parse(withPlace(given(entry.push), turn)));
  else if ("requestClientTool" in entry) {
    const { name, arguments: values } = entry.requestClientTool;
    run.requestClientTool({ name, arguments: toObject(given(values)) });
  } else if ("startWorkflow" in entry) run.startWorkflow(workflowSchema.parse(given(entry.startWorkflow)));
  else if ("addTask" in entry) run.addTask(taskSchema.parse(given(entry.addTask)));
  else if ("updateTask" in entry) {
    run.updateTask(entry.updateTask.index, taskSchema.parse(given(entry.updateTask.task)));
  } else if ("endWorkflow" in entry) {
    const { summary, expanded } = entry.endWorkflow;
    run.endWorkflow({
      ...(summary !== undefined && { summary: unchecked.summary.parse(given(summary)) }),
      ...(expanded !== undefined && { expanded }),
    });
  } else if ("widget" in entry) {
    const { states, options } = statesOf(entry.widget);
    await run.widget(states, options);
  } else if ("guardrail" in entry) throw new GuardrailTripped(entry.guardrail);
  else await sleep(entry.delayMs);
  return undefined;
}

function conversionsOf(converter: ModelRunScript["converter"]): ModelConversions {
  const { partialImages, imageUrlPrefix, citationTitlePrefix, dropUrlCitations } = converter ?? {};
  return {
    ...(partialImages !== undefined && { partialImages }),
    ...(imageUrlPrefix !== undefined && {
      imageUrl: ({ callId, partialIndex }) => `${imageUrlPrefix}${callId}/${partialIndex ?? "final"}`,
    }),
    ...((citationTitlePrefix !== undefined || dropUrlCitations !== undefined) && {
      annotation(citation, converted) {
        const json = toJson(citation);
        const byUrl = isObject(json) && json["type"] === "url_citation";
        if (converted === null || (dropUrlCitations === true && byUrl)) return null;
        const title = `${citationTitlePrefix ?? ""}${converted.source.title}`;
        return { ...converted, source: { ...converted.source, title } };
      },
    }),
  };
}
