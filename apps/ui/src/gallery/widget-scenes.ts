// Widgets: every component at least once.

import {
  basicForm,
  flightCard,
  inverseCard,
  mailForm,
  pictureCard,
  salesCard,
  tableCard,
  taskList,
} from "@sidekit/chatkit-element/examples/widgets";

import { thread, user, widget } from "./frames.ts";
import type { Scene } from "./scenes.ts";

const widgets: readonly (readonly [
  id: string,
  title: string,
  says: string,
  heightPx: number,
  widget: object,
])[] = [
  ["flight", "A card with an offer", "Is my flight on time?", 460, flightCard],
  ["form", "A form", "Write to the team", 700, mailForm],
  ["list", "A list", "What is due this week?", 440, taskList],
  ["charts", "Charts", "How is the year going?", 720, salesCard],
  ["picture", "A picture, text and buttons", "Where shall we go?", 520, pictureCard],
  ["table", "A table, badges and buttons", "Which invoices are open?", 620, tableCard],
  ["inverse", "A card with a scheme of its own", "Show me the night shift", 380, inverseCard],
  ["basic", "A form within an answer", "A table for tonight", 400, basicForm],
];

export const widgetScenes: readonly Scene[] = widgets.map(([id, title, says, heightPx, content]) => ({
  id: `widget-${id}`,
  title,
  says,
  heightPx,
  frames: [thread(), user(says), widget(content)],
}));
