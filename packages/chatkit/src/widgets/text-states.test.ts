import { expect, test } from "vitest";

import { accumulateText } from "./text-states.ts";

test("text deltas become states of the component, of which the last does not stream (N21)", async () => {
  const base = { type: "Markdown", id: "m", value: "…", streaming: true } as const;
  async function* deltas() {
    yield { type: "response.created" };
    yield { type: "response.output_text.delta", delta: "**a" };
    yield { type: "response.output_text.done", text: "**a**" };
    yield { type: "response.output_text.delta", delta: "**" };
  }
  const states: unknown[] = [];
  for await (const state of accumulateText(base, deltas())) states.push(state);
  expect(states).toEqual([
    base,
    { ...base, value: "**a" },
    { ...base, value: "**a**" },
    { ...base, value: "**a**", streaming: false },
  ]);
});

test("without a delta the text ends empty", async () => {
  const states: unknown[] = [];
  for await (const state of accumulateText({ type: "Text", value: "old", size: "lg" }, []))
    states.push(state);
  expect(states).toEqual([
    { type: "Text", value: "old", size: "lg" },
    { type: "Text", value: "", size: "lg", streaming: false },
  ]);
});
