// Files in an S3-compatible store that runs beside the test: presigned both ways, and verified before a message takes one.

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import S3rver from "@20minutes/s3rver";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";

import { mint, startApp, type RunningApp } from "./fixture.ts";

const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const cors = `<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>
<AllowedHeader>*</AllowedHeader></CORSRule></CORSConfiguration>`;
const registeredReply = z.object({
  id: z.string(),
  preview_url: z.url().optional(),
  upload_descriptor: z.object({
    url: z.url(),
    method: z.literal("PUT"),
    headers: z.record(z.string(), z.string()),
  }),
});
const file = { profiles: { default: { features: { fileUpload: { enabled: true } } } } };

let directory: string;
let storage: S3rver;
let endpoint: string;
let app: RunningApp;
let secret: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "sidekit-s3-"));
  const configureBuckets = [{ name: "files", configs: [cors] }];
  storage = new S3rver({ address: "127.0.0.1", port: 0, silent: true, directory, configureBuckets });
  endpoint = `http://127.0.0.1:${(await storage.run()).port}`;
  app = await startApp(settings(), {}, { file });
  secret = await mint(app);
});
afterEach(async () => {
  await app[Symbol.asyncDispose]();
  await storage.close();
  rmSync(directory, { recursive: true, force: true });
});

function settings(): Record<string, string> {
  return {
    SIDEKIT_S3_ENDPOINT: endpoint,
    SIDEKIT_S3_BUCKET: "files",
    SIDEKIT_S3_ACCESS_KEY_ID: "S3RVER",
    SIDEKIT_S3_SECRET_ACCESS_KEY: "S3RVER",
  };
}

async function register(wish: object = {}): Promise<z.infer<typeof registeredReply>> {
  const params = { name: "pixel.png", size: png.length, mime_type: "image/png", ...wish };
  const response = await app.post("/chatkit", secret, { type: "attachments.create", params });
  expect(response.status).toBe(200);
  return registeredReply.parse(await response.json());
}

function put(
  { upload_descriptor: { url, method, headers } }: z.infer<typeof registeredReply>,
  body: Uint8Array,
  others: Record<string, string> = {},
): Promise<Response> {
  return fetch(url, { method, headers: { ...headers, ...others }, body: Uint8Array.from(body) });
}

function say(id: string): Promise<Response> {
  const input = { content: [{ type: "input_text", text: "Look" }], attachments: [id], inference_options: {} };
  return app.post("/chatkit", secret, { type: "threads.create", params: { input } });
}

/** The objects there are, without what the store keeps beside them. */
function objects(): string[] {
  return readdirSync(join(directory, "files"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith("_object"))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(directory, "files").length + 1));
}

test("an upload goes to the store by a presigned URL, is kept out of reach, and goes with its thread", async () => {
  const registered = await register();
  expect(registered.upload_descriptor.url).toMatch(new RegExp(`^${endpoint}/files/incoming/`));
  expect(registered.upload_descriptor.headers).toEqual({ "content-type": "image/png" });
  expect((await say(registered.id)).status).toBe(409);
  expect((await put(registered, png)).status).toBe(200);
  // Shown while the message is being written.
  expect(Buffer.from(await (await fetch(registered.preview_url!)).arrayBuffer())).toEqual(png);

  const said = await say(registered.id);
  expect(said.status).toBe(200);
  const text = await said.text();
  expect(objects()).toEqual([expect.stringMatching(/^attachments\//)]);
  const preview = /"preview_url":"([^"]+)"/.exec(text)![1]!;
  const redirect = await fetch(preview, { redirect: "manual" });
  expect(redirect.status).toBe(302);
  const shown = await fetch(redirect.headers.get("location")!);
  expect(Buffer.from(await shown.arrayBuffer())).toEqual(png);
  expect(shown.headers.get("content-disposition")).toBe("inline");

  // The same address again changes nothing of what the message took.
  const another = Buffer.from(png);
  another[another.length - 1] = 0;
  await put(registered, another);
  const signal = AbortSignal.timeout(5000);
  const kept = await app.parts.attachments!.store.read(
    { tenant: "local", user: "local" },
    registered.id,
    signal,
  );
  expect(Buffer.from(kept)).toEqual(png);

  const params = { thread_id: /"id":"(thr_[^"]+)"/.exec(text)![1]! };
  expect((await app.post("/chatkit", secret, { type: "threads.delete", params })).status).toBe(200);
  expect(objects()).toEqual([]);
});

test("the store itself refuses another length or type than was signed (S106)", async () => {
  const registered = await register();
  expect((await put(registered, Buffer.concat([png, png]))).status).toBe(403);
  expect((await put(registered, png, { "content-type": "text/html" })).status).toBe(403);
  expect((await put(registered, png.subarray(1))).status).toBe(403);
  expect(objects()).toEqual([]);
  expect((await put(registered, png)).status).toBe(200);
});

test.each([
  ["image/gif", 400],
  ["text/plain", 400],
  ["application/pdf", 400],
])("what is not %s is removed instead of taken (S105)", async (type, status) => {
  const registered = await register({ mime_type: type });
  expect((await put(registered, png)).status).toBe(200);
  expect((await say(registered.id)).status).toBe(status);
  expect(objects()).toEqual([]);
  expect((await say(registered.id)).status).toBe(404);
});

test("a text that is longer than the part that is looked at is taken, with a character across its edge", async () => {
  const bytes = Buffer.from(`x${"é".repeat(60_000)}`);
  const registered = await register({ mime_type: "text/plain", size: bytes.length });
  expect((await put(registered, bytes)).status).toBe(200);
  expect((await say(registered.id)).status).toBe(200);
});

test("a page of this server may load from the store and send to it, and to nowhere else", async () => {
  const policy = (await fetch(app.url)).headers.get("content-security-policy");
  expect(policy).toContain(`img-src 'self' data: ${endpoint};`);
  expect(policy).toContain(`connect-src 'self' ${endpoint};`);
});

test("nothing is uploaded to this server, and nobody else's file is shown", async () => {
  const registered = await register();
  await put(registered, png);
  const form = new FormData();
  form.append("file", new Blob(["x"], { type: "text/plain" }), "a.txt");
  const headers = { authorization: `Bearer ${secret}` };
  const direct = await fetch(`${app.url}/chatkit/attachments`, { method: "POST", headers, body: form });
  expect(direct.status).toBe(501);
  const stranger = { tenant: "local", user: "somebody else" };
  const seal = app.parts.attachments!.seals.seal("download", stranger, registered.id, 60_000);
  expect((await fetch(`${app.url}/chatkit/attachments/${registered.id}?seal=${seal}`)).status).toBe(404);
});

test("deleting removes what was uploaded and not taken", async () => {
  const registered = await register();
  await put(registered, png);
  const params = { attachment_id: registered.id };
  expect((await app.post("/chatkit", secret, { type: "attachments.delete", params })).status).toBe(200);
  expect(objects()).toEqual([]);
});

test("a store that is gone is said to be, and what was uploaded is still there when it is back", async () => {
  const registered = await register();
  await put(registered, png);
  const port = Number(new URL(endpoint).port);
  await storage.close();
  expect((await say(registered.id)).status).toBe(503);
  storage = new S3rver({ address: "127.0.0.1", port, silent: true, directory, configureBuckets: [] });
  await storage.run();
  expect((await say(registered.id)).status).toBe(200);
});
