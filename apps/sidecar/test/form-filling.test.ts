import { expect, test } from "vitest";

import { responder } from "../responders/form-filling.ts";
import { chatWith, lastDone, spoken } from "./responder-chat.ts";

async function asked() {
  const chat = chatWith(responder);
  const events = await chat.say("I want to go away");
  return { chat, events, form: lastDone(events, "structured_input") };
}

const answers = {
  "trip.destination": ["Brno"],
  "trip.nights": ["3"],
  "trip.extras": ["Breakfast", "A piano"],
};

test("it says what it is and asks; answers begin the next turn, and the page is asked to fill the form", async () => {
  const { chat, events, form } = await asked();
  expect(spoken(events)).toContain("no model");
  expect(form.inputs.map(({ id }) => id)).toEqual(["trip.destination", "trip.nights", "trip.extras"]);

  const resumed = await chat.answer(form.id, answers);
  expect(resumed.find((event) => event.type === "thread.item.replaced")).toMatchObject({
    item: { id: form.id, status: "answered" },
  });
  expect(spoken(resumed)).toBe("Brno, 3 nights. Over to the page.");
  expect(resumed.at(-1)).toMatchObject({
    type: "thread.item.done",
    item: {
      type: "client_tool_call",
      status: "pending",
      name: "fill_form",
      arguments: { destination: "Brno", nights: 3, extras: ["Breakfast", "A piano"] },
    },
  });
});

test("it goes on with what the page has filled, and remembers it for a model", async () => {
  const { chat, form } = await asked();
  await chat.answer(form.id, answers);
  expect(spoken(await chat.toolOutput({ filled: ["destination", "nights", "extras"] }))).toContain(
    "is filled",
  );

  const second = await chat.say("Another one");
  await chat.answer(lastDone(second, "structured_input").id, answers);
  expect(spoken(await chat.toolOutput({ filled: ["destination"] }))).toContain(
    "no field for this: nights, extras",
  );
  expect((await chat.stored()).filter(({ type }) => type === "hidden_context_item")).toMatchObject([
    { content: { missing: [] } },
    { content: { form: { destination: "Brno", nights: 3 }, missing: ["nights", "extras"] } },
  ]);
});

test("an answer that makes no sense is asked for again", async () => {
  const { chat, form } = await asked();
  const events = await chat.answer(form.id, { ...answers, "trip.nights": ["a few"] });
  expect(events).toContainEqual(
    expect.objectContaining({ type: "notice", message: "Please look at this once more: nights." }),
  );
  const again = lastDone(events, "structured_input");
  expect(again).toMatchObject({ status: "pending", inputs: form.inputs });
  expect((await chat.answer(again.id, answers)).at(-1)).toMatchObject({ item: { type: "client_tool_call" } });
});

test("who skips all of it is not asked again", async () => {
  const { chat, form } = await asked();
  const events = await chat.answer(form.id, "skipped");
  expect(spoken(events)).toContain("No trip, then");
  expect((await chat.stored()).at(-1)).toMatchObject({ type: "assistant_message" });
});

test("a page that answers something else ends the turn with an error", async () => {
  const { chat, form } = await asked();
  await chat.answer(form.id, answers);
  const events = await chat.toolOutput({ filled: ["passport"] });
  expect(events.at(-1)).toMatchObject({ type: "error", code: "custom", allow_retry: false });
  expect(spoken(events)).toBe("");
});
