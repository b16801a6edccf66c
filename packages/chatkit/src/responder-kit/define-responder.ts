// One object for everything that an application answers, typed by its own schemas.

import type { z } from "zod";

import { ChatKitError, refusal, turnError } from "../errors.ts";
import type { Responder, ResponderEvent, SyncActionCall, Turn } from "../ports.ts";
import type { ThreadItem, WidgetItem, WireAction } from "../protocol/index.ts";
import type { ClientToolHandler } from "./client-tool.ts";
import type { StructuredInputHandler } from "./questions.ts";

/** The turn of an action. */
export type ActionTurn = Parameters<NonNullable<Responder["act"]>>[0];

/** An action that is answered with events. */
export interface ActionDefinition<Payload extends z.ZodType> {
  readonly payload: Payload;
  /** `sender` is the widget as it is stored, null when the page itself acted. */
  handle(
    turn: ActionTurn,
    payload: z.output<Payload>,
    sender: WidgetItem | null,
  ): AsyncIterable<ResponderEvent>;
}

/** An action that only changes its widget, even while an answer is being written. */
export interface SyncActionDefinition<Payload extends z.ZodType> {
  readonly payload: Payload;
  /** Answers what to show in place of the widget, null for nothing. What is to last has to be saved with `call.save`. */
  handle(
    call: SyncActionCall,
    payload: z.output<Payload>,
    sender: WidgetItem | null,
  ): Promise<ThreadItem | null>;
}

type Schemas = Readonly<Record<string, z.ZodType>>;

/** What an application answers, and with what. */
export interface ResponderDefinition<Actions extends Schemas, SyncActions extends Schemas> extends Pick<
  Responder,
  "feedback" | "transcribe" | "streamOptions"
> {
  /** A message; also the output of a client tool and answers to questions that have no handler of their own here. */
  respond(turn: Turn): AsyncIterable<ResponderEvent>;
  /** By the `type` of the action. */
  readonly actions?: { readonly [Name in keyof Actions]: ActionDefinition<Actions[Name]> };
  /** By the `type` of an action whose config says `streaming: false`. */
  readonly syncActions?: { readonly [Name in keyof SyncActions]: SyncActionDefinition<SyncActions[Name]> };
  readonly clientTools?: readonly ClientToolHandler[];
  readonly structuredInputs?: readonly StructuredInputHandler[];
}

/**
 * Makes a responder. Payloads, outputs and answers come from a client and are parsed here, once, by the application's
 * schemas: a handler is only called with what fits. An action that is unknown or does not fit ends its turn with an
 * error, a synchronous one is refused with status 400. Nothing can be added to a turn after its client tool call.
 */
export function defineResponder<Actions extends Schemas = {}, SyncActions extends Schemas = {}>(
  definition: ResponderDefinition<Actions, SyncActions>,
): Responder {
  const { feedback, transcribe, streamOptions, clientTools = [], structuredInputs = [] } = definition;
  // Maps, because names come from a client: an object has members that nobody defined.
  const actions = new Map<string, ActionDefinition<z.ZodType>>(Object.entries(definition.actions ?? {}));
  const syncActions = new Map<string, SyncActionDefinition<z.ZodType>>(
    Object.entries(definition.syncActions ?? {}),
  );

  return {
    respond: (turn) => endingWithToolCall(answer(turn)),
    ...(actions.size > 0 && { act: (turn) => endingWithToolCall(act(turn)) }),
    ...(syncActions.size > 0 && { actSync }),
    ...(feedback !== undefined && { feedback }),
    ...(transcribe !== undefined && { transcribe }),
    ...(streamOptions !== undefined && { streamOptions }),
  };

  function answer(turn: Turn): AsyncIterable<ResponderEvent> {
    const { cause } = turn;
    if (cause.kind === "client_tool_output") {
      const tool = clientTools.find(({ name }) => name === cause.call.name);
      if (tool !== undefined) return tool.resume(turn, cause.call);
    }
    if (cause.kind === "structured_input") {
      const asked = structuredInputs.find((handler) => handler.owns(cause.item));
      if (asked !== undefined) return asked.resume(turn, cause.item);
    }
    return definition.respond(turn);
  }

  async function* act(turn: ActionTurn): AsyncGenerator<ResponderEvent> {
    const { action, sender } = turn.cause;
    const known = actions.get(action.type);
    if (known === undefined) throw turnError({ message: unknownAction });
    const payload = await known.payload.safeParseAsync(payloadOf(action));
    if (!payload.success) throw turnError({ message: unfitPayload });
    yield* known.handle(turn, payload.data, sender);
  }

  async function actSync(call: SyncActionCall): Promise<ThreadItem | null> {
    const known = syncActions.get(call.action.type);
    if (known === undefined) throw refusal(400, unknownAction);
    const payload = await known.payload.safeParseAsync(payloadOf(call.action));
    if (!payload.success) throw refusal(400, unfitPayload);
    return known.handle(call, payload.data, call.sender);
  }
}

const unknownAction = "This chat knows no such action.";
const unfitPayload = "What came with this action cannot be used.";

/** A widget that says nothing sends null (protocol 4.15). */
function payloadOf(action: WireAction): unknown {
  return action.payload ?? undefined;
}

/** The page begins to work on a call when the stream has ended, and would not see what came after it (protocol 7.5). */
async function* endingWithToolCall(events: AsyncIterable<ResponderEvent>): AsyncGenerator<ResponderEvent> {
  let called = false;
  for await (const event of events) {
    if (called && "item" in event) {
      throw new ChatKitError("internal", {
        cause: new TypeError("a client tool call has to be the last item of its turn"),
      });
    }
    called ||=
      event.type === "thread.item.done" &&
      event.item.type === "client_tool_call" &&
      event.item.status === "pending";
    yield event;
  }
}
