// The text of a model as the states of a text component (protocol 9.5).

interface TextComponent {
  readonly type: string;
  readonly value: string;
}

type TextState<Base> = Omit<Base, "value" | "streaming"> & {
  readonly value: string;
  readonly streaming: boolean;
};

/**
 * The base as it is, then the base with all text so far after each text delta of a Responses stream, then once more with
 * `streaming` off. Other events are passed over. The base should have an `id` and `streaming: true`; its own value is
 * not kept.
 */
export async function* accumulateText<Base extends TextComponent>(
  base: Base,
  deltas: Iterable<ModelEvent> | AsyncIterable<ModelEvent>,
): AsyncGenerator<Base | TextState<Base>, void> {
  yield base;
  let value = "";
  for await (const event of deltas) {
    if (event.type !== "response.output_text.delta" || typeof event.delta !== "string") continue;
    value += event.delta;
    yield { ...base, value, streaming: true };
  }
  yield { ...base, value, streaming: false };
}

interface ModelEvent {
  readonly type: string;
  readonly delta?: unknown;
}
