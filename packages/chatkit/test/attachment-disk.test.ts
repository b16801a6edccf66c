// The store of files on disk by itself: over the thread store in memory, and a real folder.

import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

import { openDiskAttachmentStore, type DiskAttachmentStore } from "@sidekit/chatkit/attachment-stores/disk";
import { createMemoryThreadStore } from "@sidekit/chatkit/thread-stores/memory";
import { afterEach, beforeEach, expect, test } from "vitest";

const owner = { tenant: "t", user: "u" };
const others = [
  { tenant: "t", user: "v" },
  { tenant: "s", user: "u" },
];
const wish = { name: "a.txt", size: 5, mime_type: "text/plain" };
const never = new AbortController().signal;

let folder: string;
let store: DiskAttachmentStore;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sidekit-disk-"));
  store = await openDiskAttachmentStore({
    folder,
    records: createMemoryThreadStore(),
    limits: { maxFileBytes: 100, quotaBytes: 200 },
    // As long as a signature takes that is made elsewhere.
    describeUpload: async (_owner, { id }) => {
      await sleep(5);
      return { url: `test:${id}`, method: "PUT", headers: {} };
    },
    previewUrl: (_owner, id) => `test:${id}`,
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function files(): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}

function bytes(...chunks: string[]): { content: Readable; type: null } {
  return { content: Readable.from(chunks.map((chunk) => Buffer.from(chunk))), type: null };
}

test("what was registered is received, read, and deleted", async () => {
  const { id, upload_descriptor: descriptor } = await store.create(owner, wish, never);
  expect(descriptor?.url).toBe(`test:${id}`);
  await expect(store.read(owner, id, never)).rejects.toMatchObject({ reason: "not_found" });
  const received = await store.receive(owner, id, bytes("he", "llo"), never);
  expect(received).toMatchObject({ id, size: 5 });
  expect(received).not.toHaveProperty("upload_descriptor");
  await expect(store.admit(owner, received, never)).resolves.toBeUndefined();
  expect(Buffer.from(await store.read(owner, id, never)).toString()).toBe("hello");
  await store.delete(owner, id, never);
  await store.delete(owner, id, never);
  expect(files()).toEqual([]);
});

test.each(others)("it is nobody else's: %j (S63)", async (stranger) => {
  const { id } = await store.create(owner, wish, never);
  await expect(store.receive(stranger, id, bytes("hello"), never)).rejects.toMatchObject({
    reason: "not_found",
  });
  await store.receive(owner, id, bytes("hello"), never);
  await expect(store.read(stranger, id, never)).rejects.toMatchObject({ reason: "not_found" });
  await expect(store.open(stranger, id, never)).rejects.toMatchObject({ reason: "not_found" });
  await store.delete(stranger, id, never);
  expect(Buffer.from(await store.read(owner, id, never)).toString()).toBe("hello");
});

test("a stranger's delete does not stop an upload that goes on", async () => {
  const { id } = await store.create(owner, wish, never);
  const content = new Readable({ read() {} });
  const received = store.receive(owner, id, { content, type: null }, never);
  content.push(Buffer.from("he"));
  await store.delete(others[0]!, id, never);
  content.push(Buffer.from("llo"));
  content.push(null);
  expect(await received).toMatchObject({ id });
});

test.each([["hello!"], ["hell"], ["he\u0000lo"], [""]])(
  "%j is not what was registered: all is gone",
  async (text) => {
    const { id } = await store.create(owner, wish, never);
    await expect(store.receive(owner, id, bytes(text), never)).rejects.toThrow();
    await expect(store.receive(owner, id, bytes("hello"), never)).rejects.toMatchObject({
      reason: "not_found",
    });
    expect(files()).toEqual([]);
  },
);

test("an abort ends the wait for bytes, leaves none, and the upload may begin again", async () => {
  const { id } = await store.create(owner, wish, never);
  const content = new Readable({ read() {} });
  const stop = new AbortController();
  const received = store.receive(owner, id, { content, type: null }, stop.signal);
  content.push(Buffer.from("he"));
  await expect(store.receive(owner, id, bytes("hello"), never)).rejects.toMatchObject({
    reason: "not_pending",
  });
  stop.abort(new Error("gone"));
  await expect(received).rejects.toThrow("gone");
  expect(files()).toEqual([]);
  await store.receive(owner, id, bytes("hello"), never);
});

test("registrations at the same time stay below the quota together, and each owner has one of its own", async () => {
  const asked = Array.from({ length: 10 }, () => store.create(owner, { ...wish, size: 60 }, never));
  const elsewhere = others.map((other) => store.create(other, { ...wish, size: 100 }, never));
  const settled = await Promise.allSettled(asked);
  expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
  await expect(Promise.all(elsewhere)).resolves.toHaveLength(2);
});

test("a new file counts by its length, not by what it was allowed", async () => {
  const largest = { ...wish, size: 100 };
  const stored = await store.receiveNew(owner, largest, bytes("hello").content, never);
  expect(stored.size).toBe(5);
  await expect(store.receiveNew(owner, largest, bytes("\u0000").content, never)).rejects.toThrow();
  await store.create(owner, { ...wish, size: 100 }, never);
  await expect(store.create(owner, { ...wish, size: 96 }, never)).rejects.toMatchObject({
    reason: "attachment_quota",
  });
  await store.create(owner, { ...wish, size: 95 }, never);
});

test.each(["../x", "atc_1", "", "incoming"])("S105: %j names no file", async (id) => {
  await expect(store.read(owner, id, never)).rejects.toMatchObject({ reason: "not_found" });
  await expect(store.receive(owner, id, bytes("x"), never)).rejects.toMatchObject({ reason: "not_found" });
  await store.delete(owner, id, never);
  expect(existsSync(join(folder, "incoming"))).toBe(true);
});
