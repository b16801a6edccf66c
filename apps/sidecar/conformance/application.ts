// The application behind the sidecar under test: a responder and an attachment store that play the scripts of a case,
// and note down every call.

import type { AttachmentStore, CallContext, Responder, ThreadStore, Turn } from "@sidekit/chatkit";
import { type Json, type JsonObject, threadItemSchema, type WireAction } from "@sidekit/chatkit/protocol";

import type { Bindings } from "./bindings.ts";
import type { CaseOf } from "./case-format.ts";
import type { ScriptFault } from "./case-values.ts";
import type { Cues } from "./cues.ts";
import { isObject } from "./match.ts";
import { toAttachment, toJson, toObject } from "./plain-json.ts";
import type { Script } from "./script-format.ts";
import { play, playThrough, type Scene } from "./script.ts";

export interface Application {
  readonly responder: Responder;
  readonly attachments: AttachmentStore | null;
  /** What `work` causes to be called, in order; calls from outside of it are not among them. */
  callsDuring(work: () => Promise<void>): Promise<JsonObject[]>;
  /** The first script that could not be played; null when all could. */
  readonly fault: ScriptFault | null;
}

export interface ApplicationOptions {
  readonly testCase: CaseOf<"server">;
  readonly store: ThreadStore;
  readonly bindings: Bindings;
  readonly cues: Cues;
}

export function createApplication({ testCase, store, bindings, cues }: ApplicationOptions): Application {
  const { responder: script = [], actionHandler, syncActionHandler, transcriber, setup } = testCase;
  const { attachmentStore, streamOptions } = setup ?? {};
  const counts = new Map<string, number>();
  let calls: JsonObject[] = [];
  let fault: ScriptFault | null = null;
  const stagehands = { bindings, cues, onFault: (found: ScriptFault) => (fault ??= found) };

  /** Notes the call; the facts are what a script can look into from then on. */
  const called = (fn: string, user: string, noted: JsonObject): { user: string; turn: number } => {
    calls.push({ fn, user, ...noted });
    const turn = (counts.get(fn) ?? 0) + 1;
    counts.set(fn, turn);
    return { user, turn };
  };
  const inTurn = (turn: Turn, facts: () => JsonObject): Scene => ({
    ...stagehands,
    facts: () => ({ thread: toJson(turn.thread), ...facts() }),
    stage: { turn, store },
  });
  const beside = (facts: JsonObject): Scene => ({ ...stagehands, facts: () => facts, stage: null });
  const userOf = ({ owner }: CallContext) => owner.user;

  const responder: Responder = {
    async *respond(turn) {
      const input = toJson(turn.userMessage);
      const head = called("respond", userOf(turn), { thread: toJson(turn.thread), input });
      yield* play(
        script,
        inTurn(turn, () => ({ ...head, input })),
      );
    },
    async feedback(context, { threadId, itemIds, kind }) {
      called("feedback", userOf(context), { thread_id: threadId, item_ids: [...itemIds], kind });
    },
    ...(actionHandler && {
      async *act(turn) {
        const { action, sender } = turn.cause;
        const told = { action: toldAction(action), sender: toJson(sender) };
        const head = called("action", userOf(turn), { thread: toJson(turn.thread), ...told });
        yield* play(
          actionHandler,
          inTurn(turn, () => ({ ...head, input: null, ...told })),
        );
      },
    }),
    ...(syncActionHandler && {
      async actSync(call) {
        const told = {
          thread: toJson(call.thread),
          action: toldAction(call.action),
          sender: toJson(call.sender),
        };
        const head = called("syncAction", userOf(call), told);
        const result = await playThrough(syncActionHandler, beside({ ...head, ...told }));
        const item = isObject(result) ? result["updated_item"] : undefined;
        if (item === undefined || item === null) return null;
        const place = { thread_id: call.thread.id, created_at: call.now() };
        return threadItemSchema.parse({ ...place, ...toObject(item) });
      },
    }),
    ...(transcriber && {
      async transcribe(context, { bytes, mimeType, mediaType }) {
        const audio = {
          data_base64: Buffer.from(bytes).toString("base64"),
          mime_type: mimeType,
          media_type: mediaType,
        };
        const head = called("transcribe", userOf(context), { audio });
        const result = await playThrough(transcriber, beside({ ...head, audio }));
        return String(isObject(result) ? result["text"] : "");
      },
    }),
    ...(streamOptions && {
      streamOptions() {
        if ("throws" in streamOptions) throw new Error("the case wants this to fail");
        return { allowCancel: streamOptions.allow_cancel };
      },
    }),
  };
  return {
    responder,
    attachments:
      attachmentStore === undefined ? null : scriptedStore(attachmentStore.create, attachmentStore.delete),
    get fault() {
      return fault;
    },
    async callsDuring(work) {
      const outer = calls;
      const own: JsonObject[] = [];
      calls = own;
      try {
        await work();
      } finally {
        calls = outer;
      }
      return own;
    },
  };

  function scriptedStore(create: Script | undefined, remove: Script): AttachmentStore {
    return {
      ...(create && {
        async create({ user }, wish) {
          const params = toObject(wish);
          const head = called("createAttachment", user, { params });
          return toAttachment(await playThrough(create, beside({ ...head, params })));
        },
      }),
      async delete({ user }, attachmentId) {
        const facts = { attachment_id: attachmentId };
        const head = called("deleteAttachment", user, facts);
        await playThrough(remove, beside({ ...head, ...facts }));
      },
    };
  }
}

/** Nothing and null are the same payload. */
function toldAction({ type, payload }: WireAction): Json {
  return payload === undefined || payload === null ? { type } : { type, payload };
}
