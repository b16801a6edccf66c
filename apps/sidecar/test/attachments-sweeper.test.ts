import { createMemoryThreadStore } from "@sidekit/chatkit/thread-stores/memory";
import { expect, test } from "vitest";

import { startAttachmentsSweeper } from "../src/attachments-sweeper.ts";

const owner = { tenant: "t", user: "u" };
const dayMs = 86_400_000;
const never = new AbortController().signal;

test("a sweep removes what is doomed or unused, says how many, and leaves the rest (S157)", async () => {
  const records = createMemoryThreadStore();
  const file = { type: "file" as const, name: "a.txt", mime_type: "text/plain", size: 1 };
  for (const id of ["doomed", "unused", "taken"]) await records.saveAttachment(owner, { ...file, id }, never);
  await records.saveAttachment(owner, { ...file, id: "taken", thread_id: "thr_1" }, never);
  await records.doomAttachment(owner, "doomed", never);
  const removed: string[] = [];
  const reports: object[] = [];
  let later = 0;
  await using sweeper = startAttachmentsSweeper({
    records,
    bytes: { delete: async (_owner, id) => void removed.push(id) },
    report: (swept) => reports.push(swept),
    now: () => Date.now() + later,
  });
  await sweeper.sweep();
  expect(removed).toEqual(["doomed"]);
  later = dayMs + 1000;
  await sweeper.sweep();
  expect(removed).toEqual(["doomed", "unused"]);
  expect(reports).toEqual([
    { removed: 1, failed: 0 },
    { removed: 1, failed: 0 },
  ]);
  expect(await records.loadAttachment(owner, "taken", never)).toMatchObject({ id: "taken" });
});

test("bytes that cannot be removed keep their record for the next sweep", async () => {
  const records = createMemoryThreadStore();
  await records.saveAttachment(owner, { type: "file", id: "a", name: "a", mime_type: "text/plain" }, never);
  await records.doomAttachment(owner, "a", never);
  let broken = true;
  const reports: object[] = [];
  await using sweeper = startAttachmentsSweeper({
    records,
    bytes: {
      delete: async () => {
        if (broken) throw new Error("The store is down.");
      },
    },
    report: (swept) => reports.push(swept),
  });
  await sweeper.sweep();
  broken = false;
  await sweeper.sweep();
  await sweeper.sweep();
  expect(reports).toEqual([
    { removed: 0, failed: 1 },
    { removed: 1, failed: 0 },
  ]);
});
