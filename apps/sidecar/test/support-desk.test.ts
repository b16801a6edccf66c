import { ChatKitError } from "@sidekit/chatkit";
import type { WidgetItem } from "@sidekit/chatkit/protocol";
import { expect, test } from "vitest";

import { responder } from "../responders/support-desk.ts";
import { chatWith, lastDone, spoken } from "./responder-chat.ts";

async function openTicket() {
  const chat = chatWith(responder);
  const events = await chat.say("My bicycle *squeaks*");
  const card = lastDone(events, "widget");
  const number = /T-\w+/.exec(card.copy_text ?? "")?.[0] ?? "";
  return { chat, events, card, number };
}

const labels = (card: WidgetItem) =>
  [...JSON.stringify(card.widget).matchAll(/"label":"([^"]+)"/g)].map(([, label]) => label);

test("the first message opens a ticket, says what this is, and shows the ticket's card", async () => {
  const { chat, events, card, number } = await openTicket();
  expect(spoken(events)).toContain("example, without a model");
  expect(card.copy_text).toBe(`${number} (open): My bicycle *squeaks*`);
  expect(labels(card)).toEqual(["open", "Solved", "Urgent", "Call me"]);
  expect((await chat.thread()).title).toBe(`${number}: My bicycle *squeaks*`);
});

test("urgency is switched beside the conversation, and the next answer knows of it", async () => {
  const { chat, card, number } = await openTicket();
  const on = await chat.actSync(card, "ticket.urgent", { ticket: number, urgent: true });
  expect(labels(on.updated_item!)).toEqual(["open", "urgent", "Solved", "Not urgent", "Call me"]);
  expect((await chat.stored()).find(({ id }) => id === card.id)).toEqual(on.updated_item);
  expect(spoken(await chat.say("It is loud"))).toBe(`Your note is in ticket ${number}, which is urgent.`);

  const off = await chat.actSync(card, "ticket.urgent", { ticket: number, urgent: false });
  expect(off.updated_item?.widget).toEqual(card.widget);
  expect(spoken(await chat.say("Less so now"))).toBe(`Your note is in ticket ${number}.`);
});

test("Solved closes the card for good; a further message opens the ticket again", async () => {
  const { chat, card, number } = await openTicket();
  await chat.actSync(card, "ticket.urgent", { ticket: number, urgent: true });
  const events = await chat.act(card, "ticket.solve", { ticket: number });
  expect(labels(lastDone(events, "widget"))).toEqual(["solved", "urgent"]);
  expect((await chat.stored()).at(-2)).toMatchObject({
    type: "hidden_context_item",
    content: { ticket: number, status: "solved" },
  });

  const again = await chat.say("It squeaks again");
  expect(spoken(again)).toContain("Opened again");
  expect(labels(lastDone(again, "widget"))).toEqual(["open", "urgent", "Solved", "Not urgent", "Call me"]);
});

test("the form takes a phone number and nothing else", async () => {
  const { chat, card, number } = await openTicket();
  const events = await chat.act(card, "ticket.call_me", { ticket: number, phone: "+420 123 456" });
  expect(events).toContainEqual(expect.objectContaining({ type: "notice", title: "Noted" }));
  expect(await chat.stored()).toContainEqual(
    expect.objectContaining({ content: { ticket: number, callBack: "+420 123 456" } }),
  );
  const refused = await chat.act(card, "ticket.call_me", { ticket: number, phone: "[x](https://x.example)" });
  expect(refused.at(-1)).toMatchObject({
    type: "error",
    message: "What came with this action cannot be used.",
  });
});

test("a card of another ticket does nothing", async () => {
  const { chat, card } = await openTicket();
  const before = await chat.stored();
  const events = await chat.act(card, "ticket.solve", { ticket: "T-000000" });
  expect(events.at(-1)).toMatchObject({ type: "error", code: "custom", allow_retry: false });
  const refused = chat.actSync(card, "ticket.urgent", { ticket: "T-000000", urgent: true });
  await expect(refused).rejects.toMatchObject({ httpStatus: 409 });
  await expect(refused).rejects.toBeInstanceOf(ChatKitError);
  expect(await chat.stored()).toEqual(before);
});
