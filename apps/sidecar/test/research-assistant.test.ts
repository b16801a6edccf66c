import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { createResearchAssistant, responder } from "../responders/research-assistant.ts";
import { chatWith, lastDone, spoken } from "./responder-chat.ts";

let library: string;
beforeAll(() => {
  library = mkdtempSync(join(tmpdir(), "sidekit-library-"));
  writeFileSync(
    join(library, "tea.md"),
    "# Tea\n\nLeaves in *hot* water. See [a guide](https://tea.example/guide).\n\n## Green tea\n\nNot too hot.\n",
  );
  writeFileSync(join(library, "coffee.md"), "# Coffee\n\nBeans, ground, and water.\n");
  writeFileSync(join(library, "notes.txt"), "# Tea\n\nNot a document.\n");
});
afterAll(() => rmSync(library, { recursive: true, force: true }));

test("it shows its work as tasks, then quotes what it found, with a source behind each quotation", async () => {
  const chat = chatWith(createResearchAssistant({ libraryDir: library }));
  const events = await chat.say("How hot is green tea?");
  expect(events.find((event) => event.type === "progress_update")).toMatchObject({ icon: "search" });

  const { workflow } = lastDone(events, "workflow");
  expect(workflow.tasks).toMatchObject([
    {
      type: "file",
      title: "Read 2 documents",
      sources: [{ filename: "coffee.md" }, { filename: "tea.md" }],
      status_indicator: "complete",
    },
    { type: "custom", content: "- Green tea\n- Tea", status_indicator: "complete" },
    {
      type: "web_search",
      sources: [{ title: "a guide", url: "https://tea.example/guide" }],
      status_indicator: "complete",
    },
  ]);
  expect(workflow.summary).toEqual({ duration: 1 });

  const [part] = lastDone(events, "assistant_message").content;
  expect(part?.text).toBe(spoken(events));
  expect(part?.text).toContain("an example without a model");
  expect(part?.annotations.map(({ source }) => source)).toMatchObject([
    { type: "file", title: "Green tea", filename: "tea.md" },
    { type: "file", title: "Tea", filename: "tea.md" },
  ]);
  for (const [at, quoted] of ["Not too hot", "See a guide"].entries()) {
    const upTo = part?.text.slice(0, part.annotations[at]?.index);
    expect(upTo?.split("\n").at(-1)).toContain(quoted);
  }
});

test("without a match it says so, and cites nothing", async () => {
  const chat = chatWith(createResearchAssistant({ libraryDir: library }));
  const events = await chat.say("Zeppelins?");
  expect(spoken(events)).toContain("nothing that the documentation speaks of");
  expect(lastDone(events, "assistant_message").content[0]?.annotations).toEqual([]);
});

test("what is asked cannot become markup of the answer", async () => {
  const chat = chatWith(createResearchAssistant({ libraryDir: library }));
  expect(spoken(await chat.say("tea ![x](https://evil.example)"))).toContain(
    String.raw`tea \!\[x\]\(https\:`,
  );
});

test("its library is Sidekit's own documentation", async () => {
  const events = await chatWith(responder).say("What does SIDEKIT_PORT mean?");
  expect(JSON.stringify(lastDone(events, "assistant_message"))).toContain("settings.md");
});
