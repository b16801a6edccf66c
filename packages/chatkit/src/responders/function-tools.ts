// The tools that an application gives the model: functions of its own, and those that the client carries out.

import { z } from "zod";

import { ChatKitError } from "../errors.ts";
import { GuardrailTripped, type ModelRun } from "../model-run/model-run.ts";
import type { ErrorTrace } from "../error-trace.ts";
import { traceOf } from "../observe.ts";
import type { Turn } from "../ports.ts";
import type { JsonObject } from "../protocol/index.ts";
import { untilAborted } from "../until-aborted.ts";

/** S103. */
const maxOutputBytes = 262_144;

/** What the model is told when a tool gives it nothing. Nothing of the error is in it. */
const told = {
  unknown: "There is no tool of this name.",
  failed: "The tool failed.",
  late: "The tool did not answer in time.",
  tooLarge: "The tool's output is too large.",
  alone: "This tool has to be called alone. Call it again by itself.",
} as const;

interface ToolDefinition<Parameters extends z.ZodType> {
  /** Letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  /** Tells the model what the tool is for. */
  readonly description: string;
  /** An object. What the model sends is checked against it. */
  readonly parameters: Parameters;
}

/** A function of the application. The model is given what it returns: text as it is, anything else as JSON. */
export interface FunctionTool<Parameters extends z.ZodType = z.ZodType> extends ToolDefinition<Parameters> {
  /**
   * What it throws the model knows only as a failure; `turnError` and GuardrailTripped end the turn. After its
   * deadline it is not waited for.
   */
  execute(args: z.output<Parameters>, context: ToolContext): unknown;
}

/** A tool of the page: the turn ends with the call, and the next one goes on with its output. */
export type ClientTool = ToolDefinition<z.ZodType>;

export interface ToolContext {
  readonly turn: Turn;
  /** For what is to be seen meanwhile: progress, workflows, widgets. Tools of the page are the model's to call. */
  readonly run: Omit<ModelRun, "requestClientTool">;
  /** Aborted when the turn is stopped and at the tool's deadline. */
  readonly signal: AbortSignal;
}

/** Safe to log. */
export type ToolObservation = {
  readonly event: "tool.failed";
  readonly runId: string;
  readonly tool: string;
  readonly reason: "threw" | "late" | "arguments" | "output";
  readonly error: ErrorTrace | null;
};

export const functionCallSchema = z.object({
  type: z.literal("function_call"),
  id: z.string().nullish(),
  call_id: z.string().min(1),
  name: z.string(),
  arguments: z.string(),
});
export type FunctionCall = z.infer<typeof functionCallSchema>;

export interface FunctionCallOutput {
  readonly type: "function_call_output";
  readonly call_id: string;
  readonly output: string;
}

export type ToolOutcome =
  | { readonly kind: "outputs"; readonly outputs: FunctionCallOutput[] }
  | { readonly kind: "client"; readonly call: FunctionCall; readonly args: JsonObject };

export interface FunctionTools {
  /** As the API wants them described. */
  readonly descriptions: readonly object[];
  has(name: string): boolean;
  /** Carries the calls of one response out, all at once. Rejects when the turn is to end. */
  carryOut(calls: readonly FunctionCall[], context: ToolContext): Promise<ToolOutcome>;
}

export interface FunctionToolsOptions {
  readonly functions: readonly FunctionTool[];
  readonly clientTools: readonly ClientTool[];
  readonly deadlineMs: number;
  readonly observe: (observation: ToolObservation) => void;
}

export function createFunctionTools(options: FunctionToolsOptions): FunctionTools {
  const { deadlineMs, observe } = options;
  const functions = new Map(options.functions.map((tool) => [tool.name, tool]));
  const clientTools = new Map(options.clientTools.map((tool) => [tool.name, tool]));
  const all = [...options.functions, ...options.clientTools];
  if (
    functions.size + clientTools.size !== all.length ||
    options.clientTools.some(({ name }) => functions.has(name))
  ) {
    throw new TypeError("two tools have the same name");
  }

  return {
    descriptions: all.map(describe),
    has: (name) => functions.has(name) || clientTools.has(name),
    carryOut,
  };

  async function carryOut(calls: readonly FunctionCall[], context: ToolContext): Promise<ToolOutcome> {
    const [only] = calls;
    const clientTool = calls.length === 1 && only ? clientTools.get(only.name) : undefined;
    if (clientTool && only) {
      const args = argumentsOf(clientTool, only, context);
      if (args.valid) return { kind: "client", call: only, args: args.given };
      return { kind: "outputs", outputs: [outputOf(only, args.told)] };
    }
    const outputs = await Promise.all(
      calls.map(async (call) => outputOf(call, await answerTo(call, context))),
    );
    return { kind: "outputs", outputs };
  }

  async function answerTo(call: FunctionCall, context: ToolContext): Promise<string> {
    if (clientTools.has(call.name)) return told.alone;
    const tool = functions.get(call.name);
    if (!tool) return told.unknown;
    const args = argumentsOf(tool, call, context);
    if (!args.valid) return args.told;

    const deadline = AbortSignal.timeout(deadlineMs);
    const signal = AbortSignal.any([context.signal, deadline]);
    try {
      const answer = await untilAborted(
        async () => tool.execute(args.parsed, { ...context, signal }),
        signal,
      );
      const output = typeof answer === "string" ? answer : JSON.stringify(answer ?? null);
      if (Buffer.byteLength(output) <= maxOutputBytes) return output;
      report(call, context, "output", null);
      return told.tooLarge;
    } catch (error) {
      context.signal.throwIfAborted();
      if (error instanceof GuardrailTripped || (error instanceof ChatKitError && error.event !== null))
        throw error;
      report(call, context, deadline.aborted ? "late" : "threw", error);
      return deadline.aborted ? told.late : told.failed;
    }
  }

  function argumentsOf(
    tool: ToolDefinition<z.ZodType>,
    call: FunctionCall,
    context: ToolContext,
  ):
    | { readonly valid: true; readonly given: JsonObject; readonly parsed: unknown }
    | { readonly valid: false; readonly told: string } {
    const given = jsonObjectOf(call.arguments);
    const parsed = given === null ? null : tool.parameters.safeParse(given);
    if (given !== null && parsed?.success) return { valid: true, given, parsed: parsed.data };
    report(call, context, "arguments", null);
    const problem = parsed?.error ? z.prettifyError(parsed.error) : "They are not a JSON object.";
    return { valid: false, told: `The arguments are not valid. ${problem}` };
  }

  function report(
    call: FunctionCall,
    { turn }: ToolContext,
    reason: ToolObservation["reason"],
    error: unknown,
  ): void {
    const trace = error === null ? null : traceOf(error);
    observe({ event: "tool.failed", runId: turn.runId, tool: call.name, reason, error: trace });
  }
}

function describe({ name, description, parameters }: ToolDefinition<z.ZodType>): object {
  const { $schema: _, ...schema } = z.toJSONSchema(parameters, { io: "input" });
  // What the upstream calls strict does not know optional members; what comes is checked here anyway.
  return { type: "function", name, description, parameters: schema, strict: false };
}

function outputOf(call: FunctionCall, output: string): FunctionCallOutput {
  return { type: "function_call_output", call_id: call.call_id, output };
}

function jsonObjectOf(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text || "{}");
    return z.record(z.string(), z.json()).safeParse(value).data ?? null;
  } catch {
    return null;
  }
}
