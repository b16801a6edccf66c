import { expect, test } from "vitest";

import { chosenModel, chosenTool, inferenceOf } from "./choices.ts";

const none = { toolId: null, modelId: null };
const quick = { id: "quick", label: "Quick" };
const deep = { id: "deep", label: "Deep", default: true };
const old = { id: "old", label: "Old", disabled: true };

test("the model is the chosen one, else the default, else the first that may be chosen, else none", () => {
  const models = [old, quick, deep];
  expect(chosenModel({ ...none, modelId: "quick" }, { models })).toBe(quick);
  expect(chosenModel(none, { models })).toBe(deep);
  // Offered no more, or not for choosing any more.
  expect(chosenModel({ ...none, modelId: "gone" }, { models })).toBe(deep);
  expect(chosenModel({ ...none, modelId: "old" }, { models })).toBe(deep);
  expect(chosenModel(none, { models: [old, { ...deep, disabled: true }, quick] })).toBe(quick);
  expect(chosenModel(none, { models: [old] })).toBeNull();
  expect(chosenModel(none, undefined)).toBeNull();
});

test("a message says what was chosen and is still offered, and nothing else", () => {
  const tools = [{ id: "draw", label: "Draw", icon: "images" as const }];
  expect(inferenceOf({ toolId: "draw", modelId: "quick" }, { tools, models: [quick] })).toEqual({
    tool_choice: { id: "draw" },
    model: "quick",
  });
  expect(inferenceOf({ toolId: "draw", modelId: "quick" }, {})).toEqual({});
  expect(chosenTool({ ...none, toolId: "gone" }, { tools })).toBeNull();
});
