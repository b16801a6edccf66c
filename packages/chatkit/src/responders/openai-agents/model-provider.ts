// The SDK's models over our connection: our key, our deadlines, our errors.

import { once } from "node:events";

import {
  type Model,
  type ModelProvider,
  type ModelRequest,
  type ModelResponse,
  OpenAIProvider,
  type ResponseStreamEvent,
  Usage,
} from "@openai/agents";

import { ChatKitError } from "../../errors.ts";
import type { Turn } from "../../ports.ts";
import { responseEndOf, tokensOf } from "../response-end.ts";
import { malformed, responseFailure } from "../upstream-failures.ts";
import { type AskKey, createUpstreamClient, type RevealableKey } from "../upstream-request.ts";
import { currentScope } from "./current-chat.ts";
import { createModelSignals } from "./model-signals.ts";
import { modelFailure } from "./run-failures.ts";

export interface AgentUpstream {
  /**
   * Called for every request, and once more when the upstream refuses the key (S142). The key is revealed on the
   * line that sends it and kept nowhere.
   */
  readonly apiKey: AskKey;
  /** Such as `https://api.openai.com/v1`. */
  readonly baseURL: string;
  /** A fetch over a keep-alive pool. */
  readonly fetch: typeof globalThis.fetch;
  /** The API behind `baseURL`. Default `responses`. */
  readonly api?: "responses" | "chat_completions";
  /** Until the answer begins. Default 60 s (L28). */
  readonly firstByteMs?: number;
  /** Between two pieces of the answer. Default 60 s (L17). */
  readonly silenceMs?: number;
  /** Of a request that got no answer yet. Default 2 (L29). */
  readonly maxRetries?: number;
}

/** Provides what speaks the vendor's API. */
export function createUpstreamProvider(upstream: AgentUpstream): ModelProvider {
  const { baseURL, api = "responses", firstByteMs = 60_000, maxRetries = 2 } = upstream;
  const client = createUpstreamClient(baseURL, createKeyedFetch(upstream), firstByteMs);
  return new OpenAIProvider({
    openAIClient: client.withOptions({ maxRetries }),
    useResponses: api === "responses",
    useResponsesWebSocket: false,
  });
}

/**
 * The provider for one turn. An agent without a model of its own gets what the message asks for, as far as the profile
 * offers it (S74), or else the profile's. Its models stop when the turn does, and fail with ChatKitErrors.
 */
export function providerFor(turn: Turn, inner: ModelProvider, silenceMs: number): ModelProvider {
  const asked = turn.userMessage?.inference_options.model;
  const usual =
    asked !== undefined && turn.profile.offers.models.includes(asked) ? asked : turn.profile.model;
  return {
    getModel: async (name) => watched(await inner.getModel(name || usual), silenceMs, turn),
  };
}

/** The fetch that knows the key. An upstream that refuses it is asked again when there is another by now. */
function createKeyedFetch({ apiKey, fetch }: AgentUpstream): typeof globalThis.fetch {
  return async (input, init) => {
    const signal = init?.signal ?? new AbortController().signal;
    const key = await readKey(signal);
    const response = await send(key);
    if (response.status !== 401) return response;
    const current = await readKey(signal, key);
    if (current.reveal() === key.reveal()) return response;
    await response.body?.cancel();
    return send(current);

    async function send(revealable: RevealableKey): Promise<Response> {
      const headers = new Headers(init?.headers);
      try {
        headers.set("Authorization", `Bearer ${revealable.reveal()}`);
      } catch {
        // What cannot be a header is quoted by the error (S128).
        throw new ChatKitError("internal", { cause: new Error("the request could not be made") });
      }
      return fetch(input, { ...init, headers });
    }
  };

  async function readKey(signal: AbortSignal, refused?: RevealableKey): Promise<RevealableKey> {
    try {
      return await apiKey(signal, refused);
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof ChatKitError ? error : new ChatKitError("upstream_auth", { cause: error });
    }
  }
}

function watched(model: Model, silenceMs: number, turn: Pick<Turn, "newId" | "addTokens">): Model {
  return {
    supportsPromptModelSelection: model.supportsPromptModelSelection ?? false,
    getStreamedResponse: (request) => stream(request),
    getResponse,
  };

  async function* stream(request: ModelRequest): AsyncGenerator<ResponseStreamEvent> {
    const scope = currentScope();
    const silence = new AbortController();
    const signals = [request.signal, scope?.signal, silence.signal].filter((signal) => signal !== undefined);
    const signal = AbortSignal.any(signals);
    const onSilence = (): void => silence.abort(new ChatKitError("upstream_timeout"));
    let timer = setTimeout(onSilence, silenceMs);
    let ended = false;
    try {
      // The page is to answer first. Its reader ends this run once it has read what came before.
      if (scope?.halted() && !signal.aborted) {
        clearTimeout(timer);
        await once(signal, "abort");
      }
      signal.throwIfAborted();
      for await (const event of model.getStreamedResponse({ ...request, signal })) {
        clearTimeout(timer);
        const end = event.type === "model" ? responseEndOf(event.event) : null;
        if (end?.kind === "failed" && event.type === "model") await turn.addTokens(tokensOf(event.event));
        if (end?.kind === "failed") throw new ChatKitError(responseFailure(end).code);
        if (event.type === "response_done") {
          ended = true;
          await turn.addTokens(event.response.usage.totalTokens);
        }
        yield event;
        if (end?.kind === "incomplete" && !ended) {
          // The SDK would call this a failure, and the text that is there would be lost.
          ended = true;
          if (event.type === "model") await turn.addTokens(tokensOf(event.event));
          yield shortened(event);
          return;
        }
        timer = setTimeout(onSilence, silenceMs);
      }
      signal.throwIfAborted();
      if (!ended) throw malformed("stream ended before the response did");
    } catch (error) {
      throw signal.aborted ? signal.reason : modelFailure(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Streams all the same: what is asked for in one piece is shown as it comes. */
  async function getResponse(request: ModelRequest): Promise<ModelResponse> {
    const scope = currentScope();
    const signalsOf = createModelSignals(() => turn.newId("message"));
    const show = request.outputType === "text" ? scope?.show : null;
    let response: ModelResponse | null = null;
    for await (const event of stream(request)) {
      const signals = signalsOf(event);
      if (show && signals.length > 0) await show(signals);
      if (event.type === "response_done") {
        const { id, usage, output, providerData } = event.response;
        const { inputTokens, outputTokens, totalTokens } = usage;
        response = {
          usage: new Usage({ requests: 1, inputTokens, outputTokens, totalTokens }),
          output,
          responseId: id,
          ...(providerData && { providerData }),
        };
      }
    }
    if (response === null) throw malformed("stream ended before the response did");
    return response;
  }
}

/** What an answer that ended early amounts to for the run: its text. */
function shortened(event: ResponseStreamEvent): ResponseStreamEvent {
  const response = event.type === "model" ? event.event.response : {};
  return {
    type: "response_done",
    response: {
      id: typeof response?.id === "string" ? response.id : "incomplete",
      usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      output: [
        {
          type: "message",
          role: "assistant",
          status: "incomplete",
          content: [{ type: "output_text", text: "" }],
        },
      ],
    },
  };
}
