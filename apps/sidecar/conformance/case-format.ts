// The format of a case file. Strict throughout: what it does not know makes a case malformed, and never passes unread.

import type { Json } from "@sidekit/chatkit/protocol";
import { z } from "zod";

import { expectedRecord, expectedValue, givenValue, scriptValue, sentValue } from "./case-values.ts";
import { modelRun, script } from "./script-format.ts";
import { byMember } from "./told-apart.ts";

const count = z.int().nonnegative();
const throws = z.strictObject({ throws: z.literal(true) });
const events = z.array(expectedValue);
const statuses = z.union([z.int(), z.array(z.int()).min(1)]);
const answer = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("sse"), events, aborted: z.literal(true).optional() }),
  z.strictObject({ kind: z.literal("json"), body: expectedValue }),
  z.strictObject({ kind: z.literal("error"), status: statuses }),
  z.strictObject({
    kind: z.literal("http"),
    status: statuses,
    mediaType: z.string().optional(),
    events: events.optional(),
    body: expectedValue.optional(),
    bodyText: z.string().optional(),
    aborted: z.literal(true).optional(),
  }),
]);
export type Answer = z.output<typeof answer>;

const inspection = z.union([
  z.strictObject({ thread: expectedValue, items: z.array(expectedValue) }),
  z.strictObject({ attachment: expectedValue }),
]);
const pages = z.strictObject({
  kind: z.literal("pages"),
  rows: z.array(expectedValue),
  pageSizes: z.array(count).optional(),
});
const modelInput = z.strictObject({ input: z.array(expectedValue) });

const anyStep = {
  as: z.string().optional(),
  basis: z.literal("recommended").optional(),
  observed: z.enum(["rejects", "breaks", "differs"]).optional(),
};
const user = z.string();
const calls = z.array(
  z.discriminatedUnion("fn", [
    z.strictObject({ fn: z.literal("respond"), user, thread: expectedValue, input: expectedValue }),
    z.strictObject({
      fn: z.enum(["action", "syncAction"]),
      user,
      thread: expectedValue,
      action: expectedValue,
      sender: expectedValue,
    }),
    z.strictObject({
      fn: z.literal("feedback"),
      user,
      thread_id: expectedValue,
      item_ids: expectedValue,
      kind: expectedValue,
    }),
    z.strictObject({ fn: z.literal("transcribe"), user, audio: expectedValue }),
    z.strictObject({ fn: z.literal("createAttachment"), user, params: expectedValue }),
    z.strictObject({ fn: z.literal("deleteAttachment"), user, attachment_id: expectedValue }),
  ]),
);
export type Call = z.output<typeof calls>[number];
const abort = z.strictObject({
  afterEvents: count,
  when: z.enum(["waiting", "immediately", "finished"]),
});

export interface Gate {
  readonly name: string;
  readonly afterEvents: number;
  readonly steps: readonly ServerStep[];
}
interface SendStep {
  readonly as?: string | undefined;
  readonly expect: Answer | { readonly anyOf: readonly Answer[] };
  readonly calls?: readonly Call[] | undefined;
  readonly abort?: z.output<typeof abort> | undefined;
  readonly gates?: readonly Gate[] | undefined;
}
export type RequestStep = SendStep & { readonly request: Json };
export type HttpStep = SendStep & { readonly http: HttpRequest };
type Reading<Member extends string, Content extends z.ZodType, Expected> = {
  readonly [Name in Member]: z.output<Content>;
} & { readonly as?: string | undefined; readonly expect: Expected | { readonly anyOf: readonly Expected[] } };
export type InspectStep = Reading<"inspectStore", typeof inspected, z.output<typeof inspection>>;
export type PagesStep = Reading<"pages", typeof sentValue, z.output<typeof pages>>;
export type ModelInputStep = Reading<"modelInput", typeof inputOf, z.output<typeof modelInput>>;
export type ServerStep = RequestStep | HttpStep | InspectStep | PagesStep | ModelInputStep;

const httpRequest = z.strictObject({
  method: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  body: sentValue.optional(),
  bodyText: z.string().optional(),
  bodyBase64: z.base64().optional(),
});
export type HttpRequest = z.output<typeof httpRequest>;

const inspected = z.union([z.strictObject({ thread: sentValue }), z.strictObject({ attachment: sentValue })]);
const inputOf = z.strictObject({ thread: sentValue });

const serverSteps: z.ZodType<ServerStep[]> = z.array(
  z.lazy(() => {
    const sending = {
      ...anyStep,
      expect: oneOrAnyOf(answer),
      calls: calls.optional(),
      abort: abort.optional(),
      gates: z.array(z.strictObject({ name: z.string(), afterEvents: count, steps: serverSteps })).optional(),
    };
    return byMember("step", {
      request: z.strictObject({ request: sentValue, ...sending }),
      http: z.strictObject({ http: httpRequest, ...sending }),
      inspectStore: z.strictObject({ inspectStore: inspected, ...anyStep, expect: oneOrAnyOf(inspection) }),
      pages: z.strictObject({ pages: sentValue, ...anyStep, expect: oneOrAnyOf(pages) }),
      modelInput: z.strictObject({ modelInput: inputOf, ...anyStep, expect: oneOrAnyOf(modelInput) }),
    });
  }),
);

const setup = z.strictObject({
  users: z.array(z.string()).min(1).optional(),
  streamOptions: z.union([z.strictObject({ allow_cancel: z.boolean() }), throws]).optional(),
  attachmentStore: z.strictObject({ create: script.optional(), delete: script }).optional(),
  attachments: z.array(z.strictObject({ as: z.string().optional(), attachment: scriptValue })).optional(),
  seed: z
    .array(
      z.strictObject({
        as: z.string().optional(),
        thread: scriptValue,
        items: z.array(scriptValue).optional(),
      }),
    )
    .optional(),
  idScheme: z.literal("counter").optional(),
  storeFailure: z
    .strictObject({
      op: z.enum(["addThreadItem", "saveItem", "deleteThreadItem"]),
      itemId: z.string().optional(),
    })
    .optional(),
});
export type Setup = z.output<typeof setup>;

const page = z.strictObject({
  limit: count.optional(),
  order: z.enum(["asc", "desc"]).optional(),
  after: z.string().optional(),
});
const record = z.strictObject({ id: z.string() });
const itemRecord = z.strictObject({ thread: z.string(), id: z.string() });
const itemWrite = z.strictObject({ thread: z.string(), item: givenValue });
const storeExpectation = z.union([
  z.strictObject({}),
  z.strictObject({ thread: expectedRecord }),
  z.strictObject({ item: expectedRecord }),
  z.strictObject({ attachment: expectedRecord }),
  z.strictObject({ ids: z.array(z.string()), has_more: z.boolean() }),
  z.strictObject({ error: z.literal("not_found") }),
]);
const storeStepRest = { ...anyStep, expect: storeExpectation };
const storeStep = byMember("store operation", {
  saveThread: z.strictObject({ saveThread: z.strictObject({ thread: givenValue }), ...storeStepRest }),
  loadThread: z.strictObject({ loadThread: record, ...storeStepRest }),
  loadThreads: z.strictObject({ loadThreads: page, ...storeStepRest }),
  deleteThread: z.strictObject({ deleteThread: record, ...storeStepRest }),
  addThreadItem: z.strictObject({ addThreadItem: itemWrite, ...storeStepRest }),
  saveItem: z.strictObject({ saveItem: itemWrite, ...storeStepRest }),
  loadItem: z.strictObject({ loadItem: itemRecord, ...storeStepRest }),
  loadThreadItems: z.strictObject({
    loadThreadItems: page.extend({ thread: z.string() }),
    ...storeStepRest,
  }),
  deleteThreadItem: z.strictObject({ deleteThreadItem: itemRecord, ...storeStepRest }),
  saveAttachment: z.strictObject({
    saveAttachment: z.strictObject({ attachment: givenValue }),
    ...storeStepRest,
  }),
  loadAttachment: z.strictObject({ loadAttachment: record, ...storeStepRest }),
  deleteAttachment: z.strictObject({ deleteAttachment: record, ...storeStepRest }),
});
export type StoreStep = z.output<typeof storeStep>;

const head = {
  id: z.string().min(1),
  title: z.string(),
  area: z.string().min(1),
  section: z.string(),
  scenario: z.string().optional(),
  tags: z.array(z.string()),
  note: z.string().optional(),
  recommended: z.boolean(),
};
const libraryHead = { ...head, observed: anyStep.observed };

const caseSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    ...head,
    kind: z.literal("server"),
    setup: setup.optional(),
    responder: script.optional(),
    actionHandler: script.optional(),
    syncActionHandler: script.optional(),
    transcriber: script.optional(),
    steps: serverSteps,
  }),
  z.strictObject({
    ...head,
    kind: z.literal("store"),
    setup: setup.pick({ users: true }).optional(),
    steps: z.array(storeStep),
  }),
  z.strictObject({
    ...libraryHead,
    kind: z.literal("widget-diff"),
    before: givenValue,
    after: givenValue,
    expect: z.strictObject({ updates: z.array(expectedValue) }),
  }),
  z.strictObject({
    ...libraryHead,
    kind: z.literal("widget-template"),
    template: givenValue,
    data: givenValue.optional(),
    expect: z.union([z.strictObject({ tree: expectedValue }), throws]),
  }),
  z.strictObject({
    ...libraryHead,
    kind: z.literal("text-accumulation"),
    base: givenValue,
    deltas: z.array(givenValue),
    expect: z.strictObject({ states: z.array(expectedValue) }),
  }),
  z.strictObject({
    ...libraryHead,
    kind: z.literal("model-input"),
    items: z.array(givenValue),
    hooks: z
      .strictObject({
        tag: scriptValue.optional(),
        attachment: scriptValue.optional(),
        hiddenContext: scriptValue.optional(),
      })
      .optional(),
    expect: z.union([modelInput, throws]),
  }),
  z.strictObject({
    ...libraryHead,
    kind: z.literal("model-stream"),
    items: z.array(givenValue).optional(),
    run: modelRun,
    expect: z.strictObject({
      events,
      throws: z.literal("guardrail").optional(),
      stored: z.array(expectedValue),
    }),
  }),
]);

export type Case = z.output<typeof caseSchema>;
export type CaseOf<Kind extends Case["kind"]> = Extract<Case, { kind: Kind }>;

/** What is wrong with a case file, each problem with its path. */
export class MalformedCase extends Error {
  override readonly name = "MalformedCase";
}

/** Throws MalformedCase for whatever the format does not know. */
export function parseCase(text: string): Case {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new MalformedCase("is not JSON");
  }
  const parsed = caseSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new MalformedCase(parsed.error.issues.map(described).join("; "));
}

function described(issue: z.core.$ZodIssue): string {
  const path = issue.path.reduce<string>(
    (whole, step) => (typeof step === "number" ? `${whole}[${step}]` : `${whole}.${String(step)}`),
    "",
  );
  return `${path.replace(/^\./, "") || "the case"}: ${issue.message}`;
}

function oneOrAnyOf<Schema extends z.ZodType>(schema: Schema) {
  return z.union([schema, z.strictObject({ anyOf: z.array(schema).min(1) })]);
}
