// The frames of the gallery are what a server may send, and leave out no kind of item and no component of widgets.

import { streamEventSchema, threadItemSchema } from "@sidekit/chatkit/protocol";
import { expect, test } from "vitest";

import { sceneGroups } from "../src/gallery/scenes.ts";

const scenes = sceneGroups.flatMap(({ scenes }) => scenes);
const frames = scenes.flatMap(({ frames }) => frames);

test.each(scenes)("$id is made of frames of the protocol", ({ frames }) => {
  for (const frame of frames) expect(streamEventSchema.safeParse(frame).error?.issues ?? []).toEqual([]);
});

test("every kind of item is there, but for the one that shows nothing", () => {
  const kinds = new Set(frames.flatMap(({ item }) => (isTyped(item) ? [item.type] : [])));
  const known = threadItemSchema.options.map(({ shape }) => shape.type.value);
  expect(known.filter((kind) => !kinds.has(kind))).toEqual(["end_of_turn"]);
});

test("every component of widgets is there", () => {
  const text = JSON.stringify(frames.filter(({ item }) => isTyped(item) && item.type === "widget"));
  const components =
    "Badge Basic Box Button Caption Card Chart Checkbox Col DatePicker Divider Form Icon Image Input Label ListView " +
    "ListViewItem Markdown RadioGroup Row Select Spacer Table Table.Cell Table.Row Text Textarea Title Transition";
  expect(components.split(" ").filter((name) => !text.includes(`"type":"${name}"`))).toEqual([]);
});

function isTyped(item: unknown): item is { type: string } {
  return item instanceof Object && "type" in item && typeof item.type === "string";
}
