// A support desk: every conversation is a ticket, shown as a card with buttons. A worked example without a model.

import {
  defineResponder,
  escapeMarkdown,
  hiddenContext,
  hiddenContextItem,
  nameThread,
  notice,
  refusal,
  replaceWidget,
  text,
  type Turn,
  turnError,
  userWords,
  widget,
} from "@sidekit/chatkit/responder-kit";
import type { StoredItem, StoredThread, WidgetItem, WidgetRoot } from "@sidekit/chatkit/protocol";
import { z } from "zod";

const historyItems = 200;
const maxSummaryLength = 300;
const foreignCard = "This card belongs to no ticket of this conversation.";

/** What the thread remembers. */
const ticketSchema = z.object({
  number: z.string(),
  summary: z.string(),
  status: z.enum(["open", "solved"]),
});
type Ticket = z.infer<typeof ticketSchema>;

/** A note of a button that was pressed; a model that answers here one day reads it as well. */
const urgencySchema = z.object({ ticket: z.string(), urgent: z.boolean() });

export const responder = defineResponder({
  async *respond(turn) {
    const ticket = ticketOf(turn.thread);
    if (ticket === null) yield* openTicket(turn);
    else yield* addNote(turn, ticket);
  },

  actions: {
    "ticket.solve": {
      payload: z.object({ ticket: z.string() }),
      async *handle(turn, payload, sender) {
        const { ticket, card } = cardOf(turn.thread, payload.ticket, sender) ?? stop();
        const solved: Ticket = { ...ticket, status: "solved" };
        turn.thread.metadata["ticket"] = solved;
        yield* replaceWidget(card, ticketCard(solved, await isUrgent(turn)));
        yield* hiddenContext(turn, { ticket: ticket.number, status: "solved" });
        yield* text(turn, "Closed. Write again whenever it comes back, and the ticket opens again.");
      },
    },
    "ticket.call_me": {
      payload: z.object({ ticket: z.string(), phone: z.string().regex(/^\+?[\d ()/-]{5,30}$/) }),
      async *handle(turn, { ticket: number, phone }, sender) {
        const { ticket } = cardOf(turn.thread, number, sender) ?? stop();
        yield* hiddenContext(turn, { ticket: ticket.number, callBack: phone });
        yield* notice("info", `Ticket ${ticket.number} asks for a call.`, "Noted");
        yield* text(
          turn,
          `Somebody would now call ${escapeMarkdown(phone)}. Nobody does: this is an example.`,
        );
      },
    },
  },

  syncActions: {
    // Works while an answer is being written, so it leaves the thread alone and stores a note for the next turn.
    "ticket.urgent": {
      payload: z.object({ ticket: z.string(), urgent: z.boolean() }),
      async handle(call, payload, sender) {
        const found = cardOf(call.thread, payload.ticket, sender);
        if (found === null) throw refusal(409, foreignCard);
        const { ticket, card } = found;
        const { urgent } = payload;
        await call.save(hiddenContextItem(call, { ticket: ticket.number, urgent }));
        const changed: WidgetItem = { ...card, widget: ticketCard(ticket, urgent) };
        await call.save(changed);
        return changed;
      },
    },
  },
});

async function* openTicket(turn: Turn) {
  const ticket: Ticket = {
    number: `T-${turn.thread.id.slice(-6)}`,
    summary: [...userWords(turn)].slice(0, maxSummaryLength).join("") || "No words",
    status: "open",
  };
  turn.thread.metadata["ticket"] = ticket;
  nameThread(turn, `${ticket.number}: ${ticket.summary}`);
  yield* text(
    turn,
    "I am the support desk example, without a model or a person behind me. What you write here goes into this ticket.",
  );
  yield* showCard(turn, ticket, false);
}

async function* addNote(turn: Turn, ticket: Ticket) {
  const reopened = ticket.status === "solved";
  const current: Ticket = { ...ticket, status: "open" };
  turn.thread.metadata["ticket"] = current;
  const urgent = await isUrgent(turn);
  yield* text(
    turn,
    `${reopened ? "Opened again: your" : "Your"} note is in ticket ${ticket.number}` +
      `${urgent ? ", which is urgent" : ""}.`,
  );
  if (reopened) yield* showCard(turn, current, urgent);
}

function showCard(turn: Turn, ticket: Ticket, urgent: boolean) {
  const copyText = `${ticket.number} (${ticket.status}): ${ticket.summary}`;
  return widget(turn, ticketCard(ticket, urgent), { copyText });
}

function ticketCard({ number, summary, status }: Ticket, urgent: boolean): WidgetRoot {
  const badges = [
    { type: "Badge", label: status, color: status === "open" ? "info" : "success" },
    ...(urgent ? [{ type: "Badge", label: "urgent", color: "danger" }] : []),
  ];
  const head = [
    { type: "Row", children: [{ type: "Title", value: number, size: "sm" }, { type: "Spacer" }, ...badges] },
    { type: "Text", value: summary, maxLines: 3 },
  ];
  if (status === "solved") return { type: "Card", size: "md", children: head };
  return {
    type: "Card",
    size: "md",
    children: [
      ...head,
      {
        type: "Row",
        children: [
          {
            type: "Button",
            label: "Solved",
            style: "primary",
            onClickAction: { type: "ticket.solve", payload: { ticket: number } },
          },
          {
            type: "Button",
            label: urgent ? "Not urgent" : "Urgent",
            onClickAction: {
              type: "ticket.urgent",
              payload: { ticket: number, urgent: !urgent },
              streaming: false,
            },
          },
        ],
      },
      { type: "Divider" },
      {
        type: "Form",
        onSubmitAction: { type: "ticket.call_me", payload: { ticket: number } },
        children: [
          { type: "Label", value: "Phone number", fieldName: "phone" },
          { type: "Input", name: "phone", inputType: "tel", required: true },
          { type: "Button", label: "Call me", submit: true },
        ],
      },
    ],
  };
}

function ticketOf(thread: Readonly<StoredThread>): Ticket | null {
  return ticketSchema.safeParse(thread.metadata["ticket"]).data ?? null;
}

/** The newest note wins. */
async function isUrgent(turn: Turn): Promise<boolean> {
  return (await turn.history(historyItems)).reduce((urgent, item) => noteOf(item) ?? urgent, false);
}

function noteOf(item: StoredItem): boolean | undefined {
  return item.type === "hidden_context_item" ? urgencySchema.safeParse(item.content).data?.urgent : undefined;
}

/** An action comes from a page: it has to be about the ticket of this thread, and from a card of it. */
function cardOf(thread: Readonly<StoredThread>, number: string, sender: WidgetItem | null) {
  const ticket = ticketOf(thread);
  return ticket?.number === number && sender !== null ? { ticket, card: sender } : null;
}

function stop(): never {
  throw turnError({ message: foreignCard });
}
