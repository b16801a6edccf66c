// What an answer does while it works, what it asks, and the states that a conversation can be in.

import {
  added,
  assistant,
  beginning,
  cancellable,
  done,
  item,
  thread,
  threadUpdate,
  user,
  workflow,
} from "./frames.ts";
import { picture } from "./picture.ts";
import type { Scene } from "./scenes.ts";

const complete = { status_indicator: "complete" };

const reasoning = workflow({
  type: "reasoning",
  expanded: true,
  summary: { duration: 12 },
  tasks: [
    {
      type: "thought",
      ...complete,
      title: "Reading the question",
      content: "Two dates, and a budget for three.",
    },
    {
      type: "thought",
      ...complete,
      title: "Comparing",
      content: "The night train is **cheaper** and arrives in time.",
    },
  ],
});

const guide = {
  type: "url",
  title: "Timetable",
  url: "https://example.com/timetable",
  attribution: "Example",
};
const tasks = workflow({
  type: "custom",
  expanded: true,
  summary: { title: "Planned the journey", icon: "check-circle" },
  tasks: [
    { type: "custom", ...complete, title: "Made a plan", icon: "notebook", content: "Train, hotel, museum." },
    {
      type: "web_search",
      ...complete,
      title: "Looked for trains",
      title_query: "night train",
      queries: ["night train", "sleeper"],
      sources: [guide],
    },
    {
      type: "file",
      ...complete,
      title: "Read the itinerary",
      sources: [{ type: "file", title: "Itinerary", filename: "itinerary.pdf" }],
    },
    { type: "image", ...complete, title: "Drew a map" },
    { type: "custom", status_indicator: "none", title: "Nothing left to do" },
  ],
});

const questions = (answered: boolean) =>
  item("structured_input", "inp_gallery", {
    status: answered ? "answered" : "pending",
    inputs: [
      {
        type: "multiple_choice",
        id: "city",
        question: "Which city?",
        options: [{ value: "Lisbon" }, { value: "Oslo" }, { value: "Vienna" }],
        multiple: false,
        ...(answered && { answer: { values: ["Oslo"], skipped: false } }),
      },
      {
        type: "freeform",
        id: "nights",
        question: "How many nights?",
        description: "A number will do.",
        ...(answered && { answer: { values: ["3"], skipped: false } }),
      },
    ],
  });

const conversations = ["Three rivers", "Night trains", "Invoices of October"].map((title, at) => ({
  id: `thr_${at}`,
  title,
  created_at: `2026-11-0${3 - at}T09:30:00Z`,
  status: { type: "active" },
  metadata: {},
  items: { data: [], has_more: false },
}));

function scene(id: string, title: string, says: string, heightPx: number, frames: Scene["frames"]): Scene {
  return { id, title, says, heightPx, frames: [thread(), user(says), ...frames] };
}

export const stateScenes: readonly Scene[] = [
  { id: "start", title: "The start screen", says: null, heightPx: 420, frames: [], shows: "start" },
  {
    id: "history",
    title: "The list of conversations",
    says: null,
    heightPx: 360,
    frames: [],
    threads: conversations,
    shows: "history",
  },
  {
    ...scene("composer", "A composer with everything", "Find a night train", 280, [
      assistant("There are two."),
    ]),
    shows: "composer",
  },
  scene("reasoning", "Reasoning", "Train or plane?", 420, [
    done(reasoning),
    assistant("Take the night train."),
  ]),
  scene("tasks", "A workflow of tasks", "Plan the journey", 640, [
    done(tasks),
    done(item("task", "tsk_gallery", { task: { type: "custom", ...complete, title: "Wrote it down" } })),
    assistant("All planned."),
  ]),
  {
    ...scene("working", "While it works", "And the way back?", 340, [
      cancellable,
      ...beginning("The way back begins at noon, and"),
      { type: "progress_update", text: "Looking at the timetable", icon: "search" },
    ]),
    isOpen: true,
  },
  scene("questions", "Questions", "Book something", 540, [done(questions(false))]),
  scene("answered", "Questions that were answered", "Book something", 380, [
    done(questions(true)),
    assistant("Booked."),
  ]),
  scene("image", "A picture that was made", "Draw the coast at dusk", 380, [
    done(item("generated_image", "img_gallery", { image: { id: "img_1", url: picture } })),
  ]),
  {
    ...scene("tool", "While the page is asked", "Where am I?", 300, [
      cancellable,
      added(
        item("client_tool_call", "ctc_gallery", {
          status: "pending",
          call_id: "call_1",
          name: "get_place",
          arguments: {},
        }),
      ),
      { type: "progress_update", text: "Waiting for the page", icon: "clock" },
    ]),
    isOpen: true,
  },
  scene("notices", "Notices", "Anything I should know?", 480, [
    assistant("Three things."),
    { type: "notice", level: "info", title: "New", message: "Night trains run *daily* from Monday." },
    { type: "notice", level: "warning", message: "Your pass ends next week." },
    { type: "notice", level: "danger", title: "Cancelled", message: "Train 408 does not run today." },
  ]),
  scene("failure", "An answer that failed", "Are you there?", 300, [
    { type: "error", code: "custom", message: "The model did not answer in time.", allow_retry: true },
  ]),
  scene("locked", "A conversation that waits", "May I?", 300, [
    assistant("Somebody has to look at this first."),
    threadUpdate({ status: { type: "locked", reason: "A colleague reads along." } }),
  ]),
  scene("closed", "A conversation that is over", "Thank you", 300, [
    assistant("You are welcome."),
    threadUpdate({ status: { type: "closed", reason: "This request was solved." } }),
  ]),
];
