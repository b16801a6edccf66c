// Files over real HTTP against the composed app, on disk: what is taken, what is refused, and what is left behind.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { attachmentIdSchema } from "@sidekit/chatkit/attachment-stores/disk";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";

import { mint, startApp, type RunningApp } from "./fixture.ts";

const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const withFiles = (fileUpload: object = {}, others: object = {}) => ({
  profiles: { default: { features: { fileUpload: { enabled: true, ...fileUpload } } }, ...others },
});
const attachmentReply = z.object({
  type: z.enum(["file", "image"]),
  id: attachmentIdSchema,
  name: z.string(),
  mime_type: z.string(),
  preview_url: z.url().optional(),
  upload_descriptor: z
    .object({ url: z.url(), method: z.enum(["PUT", "POST"]), headers: z.record(z.string(), z.string()) })
    .optional(),
  metadata: z.undefined().optional(),
  size: z.undefined().optional(),
});
const refusalReply = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const sessionReply = z.object({
  result: z.object({
    data: z.object({
      features: z.object({ fileUpload: z.unknown() }),
      api: z.object({ uploadStrategy: z.unknown() }),
    }),
  }),
});

const running: RunningApp[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app[Symbol.asyncDispose]();
});

async function start(...given: Parameters<typeof startApp>): Promise<RunningApp> {
  const [env = {}, limits = {}, options = { file: withFiles() }] = given;
  const app = await startApp(env, limits, options);
  running.push(app);
  return app;
}

async function register(
  app: RunningApp,
  secret: string,
  wish: { name?: string; size?: number; mime_type?: string } = {},
): Promise<z.infer<typeof attachmentReply>> {
  const response = await ask(app, secret, wish);
  expect(response.status).toBe(200);
  return attachmentReply.parse(await response.json());
}

function ask(app: RunningApp, secret: string, wish: object = {}): Promise<Response> {
  const params = { name: "pixel.png", size: png.length, mime_type: "image/png", ...wish };
  return app.post("/chatkit", secret, { type: "attachments.create", params });
}

/** As a client follows a descriptor: the bytes raw, without a bearer. */
function follow(
  registered: z.infer<typeof attachmentReply>,
  body: Uint8Array | string,
  init: RequestInit = {},
): Promise<Response> {
  const descriptor = registered.upload_descriptor;
  if (descriptor === undefined) throw new Error("Nothing is to be uploaded.");
  return fetch(descriptor.url, {
    method: descriptor.method,
    headers: descriptor.headers,
    body,
    signal: AbortSignal.timeout(20_000),
    ...init,
  });
}

function form(bytes: Uint8Array | string, name: string, type: string, field = "file"): FormData {
  const data = new FormData();
  data.append("comment", "skipped");
  data.append(field, new Blob([typeof bytes === "string" ? bytes : Uint8Array.from(bytes)], { type }), name);
  return data;
}

function send(app: RunningApp, secret: string, body: FormData): Promise<Response> {
  return fetch(`${app.url}/chatkit/attachments`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}` },
    body,
    signal: AbortSignal.timeout(20_000),
  });
}

function say(app: RunningApp, secret: string, attachments: string[]): Promise<Response> {
  const input = { content: [{ type: "input_text", text: "Look" }], attachments, inference_options: {} };
  return app.post("/chatkit", secret, { type: "threads.create", params: { input } });
}

/** As far as the message that was sent: the answer takes its time. */
async function beginningOf(response: Response): Promise<string> {
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes("stream_options")) break;
  }
  return text;
}

function filesOf(app: RunningApp): string[] {
  return readdirSync(join(app.dataDir, "attachments"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function codeOf(response: Response): Promise<string> {
  return `${response.status} ${refusalReply.parse(await response.json()).error.code}`;
}

function changed(text: string): string {
  const middle = Math.floor(text.length / 2);
  return text.slice(0, middle) + (text[middle] === "A" ? "B" : "A") + text.slice(middle + 1);
}

describe("an upload in two phases (L01, L02, L11)", () => {
  const ways: [string, string, (secret: string) => RequestInit][] = [
    ["PUT raw", "address", () => ({ method: "PUT", body: Uint8Array.from(png) })],
    ["POST raw", "address", () => ({ method: "POST", body: Uint8Array.from(png) })],
    ["PUT form", "address", () => ({ method: "PUT", body: form(png, "x.png", "image/png"), headers: {} })],
    ["POST form", "address", () => ({ method: "POST", body: form(png, "x.png", "image/png"), headers: {} })],
    [
      "PUT raw",
      "bearer",
      (secret) => ({
        method: "PUT",
        body: Uint8Array.from(png),
        headers: { authorization: `Bearer ${secret}`, "content-type": "image/png" },
      }),
    ],
    [
      "POST form",
      "bearer",
      (secret) => ({
        method: "POST",
        body: form(png, "x.png", "image/png"),
        headers: { authorization: `Bearer ${secret}` },
      }),
    ],
  ];
  test.each(ways)("%s, by %s", async (_way, by, init) => {
    const app = await start();
    const secret = await mint(app);
    const registered = await register(app, secret);
    expect(registered).toMatchObject({ type: "image", name: "pixel.png", mime_type: "image/png" });
    expect(registered.upload_descriptor).toMatchObject({
      method: "PUT",
      headers: { "content-type": "image/png" },
    });
    const { upload_descriptor: descriptor, ...plain } = registered;
    const url = by === "address" ? descriptor!.url : descriptor!.url.split("?")[0]!;
    const uploaded = await fetch(url, { headers: descriptor!.headers, ...init(secret) });
    expect(uploaded.status).toBe(200);
    const answer: unknown = await uploaded.json();
    expect(answer).toEqual({ ...plain, preview_url: expect.any(String) });

    const [file, ...more] = filesOf(app);
    expect(more).toEqual([]);
    expect(readFileSync(file!)).toEqual(png);
    expect(statSync(file!).mode & 0o777).toBe(0o600);
    expect(statSync(join(file!, "..")).mode & 0o777).toBe(0o700);
    expect(file).not.toContain("pixel");
    expect(file).not.toContain("local");
  });

  test("the message that takes it shows it without a descriptor, and with an address that works", async () => {
    const app = await start();
    const secret = await mint(app);
    const { id, ...registered } = await register(app, secret);
    expect(await codeOf(await say(app, secret, [id]))).toBe("409 conflict");
    await follow({ id, ...registered }, Uint8Array.from(png));
    const said = await say(app, secret, [id]);
    expect(said.status).toBe(200);
    const text = await beginningOf(said);
    expect(text).not.toContain("upload_descriptor");
    const preview = /"preview_url":"([^"]+)"/.exec(text)?.[1];
    const shown = await fetch(preview!);
    expect(shown.status).toBe(200);
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(png);
  });
});

describe("a direct upload (L10)", () => {
  test("is answered with the attachment", async () => {
    const app = await start();
    const secret = await mint(app);
    const answer = await send(app, secret, form("a,b\n", "/home/me/../tab\u0000le\u202E.csv", "text/csv"));
    expect(answer.status).toBe(200);
    const attachment = attachmentReply.parse(await answer.json());
    expect(attachment).toMatchObject({ type: "file", name: "table.csv", mime_type: "text/csv" });
    expect(attachment.upload_descriptor).toBeUndefined();
    expect((await say(app, secret, [attachment.id])).status).toBe(200);
  });

  test.each([
    ["another field", form("text", "a.txt", "text/plain", "upload"), "400 invalid_request"],
    ["an empty file", form("", "a.txt", "text/plain"), "400 invalid_request"],
    ["no name", form("text", "..", "text/plain"), "400 invalid_request"],
  ])("with %s keeps nothing", async (_what, body, code) => {
    const app = await start();
    const secret = await mint(app);
    expect(await codeOf(await send(app, secret, body))).toBe(code);
    expect(filesOf(app)).toEqual([]);
  });

  test("that is not a form, or half of one, is refused", async () => {
    const app = await start();
    const headers = { authorization: `Bearer ${await mint(app)}` };
    const url = `${app.url}/chatkit/attachments`;
    expect(await codeOf(await fetch(url, { method: "POST", headers, body: "text" }))).toBe(
      "415 unsupported_media_type",
    );
    const half = '--b\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhalf';
    const cut = { ...headers, "content-type": "multipart/form-data; boundary=b" };
    expect(await codeOf(await fetch(url, { method: "POST", headers: cut, body: half }))).toBe(
      "400 invalid_request",
    );
    const part =
      '--b\r\ncontent-disposition: form-data; name="file"\r\ncontent-type: application/octet-stream';
    const nameless = `${part}\r\n\r\nbytes\r\n--b--\r\n`;
    expect(await codeOf(await fetch(url, { method: "POST", headers: cut, body: nameless }))).toBe(
      "400 invalid_request",
    );
    const none = { ...headers, "content-type": "multipart/form-data" };
    expect(await codeOf(await fetch(url, { method: "POST", headers: none, body: half }))).toBe(
      "415 unsupported_media_type",
    );
    expect(filesOf(app)).toEqual([]);
  });

  test("that is longer than the profile takes is refused, whether it says so or not (L40)", async () => {
    const app = await start({}, {}, { file: withFiles({ maxFileSizeMb: 1 }) });
    const secret = await mint(app);
    const large = form(Buffer.alloc(1_200_000, "a"), "a.txt", "text/plain");
    expect(await codeOf(await send(app, secret, large))).toBe("413 payload_too_large");
    const little = form(Buffer.alloc(1_048_577, "a"), "a.txt", "text/plain");
    expect(await codeOf(await send(app, secret, little))).toBe("413 payload_too_large");
    expect(filesOf(app)).toEqual([]);
    // Nothing of what was refused counts.
    expect((await send(app, secret, form(Buffer.alloc(1_048_576, "a"), "a.txt", "text/plain"))).status).toBe(
      200,
    );
  });
});

describe("what is said of a file has to be true (S105, S106)", () => {
  test.each([
    ["more bytes than announced", { size: 3 }, "413 payload_too_large"],
    ["fewer bytes than announced", { size: png.length + 1 }, "400 invalid_request"],
    ["another image", { mime_type: "image/gif" }, "400 invalid_request"],
    ["no PDF", { mime_type: "application/pdf" }, "400 invalid_request"],
    ["no text", { mime_type: "text/plain" }, "400 invalid_request"],
  ])("%s: refused, and the registration is void", async (_what, wish, code) => {
    const app = await start();
    const secret = await mint(app);
    const registered = await register(app, secret, wish);
    expect(await codeOf(await follow(registered, Uint8Array.from(png)))).toBe(code);
    expect(filesOf(app)).toEqual([]);
    expect(await codeOf(await follow(registered, Uint8Array.from(png)))).toBe("404 not_found");
  });

  test.each([
    ["image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
    ["text/html", "<script>alert(1)</script>"],
  ])("S107: %s is a file to save, in a page where nothing runs", async (type, text) => {
    const app = await start();
    const secret = await mint(app);
    const registered = await register(app, secret, { mime_type: type, size: text.length });
    expect(registered).toMatchObject({ type: "file" });
    expect(registered.preview_url).toBeUndefined();
    expect((await follow(registered, text)).status).toBe(200);
    const shown = await fetch(`${app.url}/chatkit/attachments/${registered.id}`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    expect(await shown.text()).toBe(text);
    expect(shown.headers.get("content-type")).toBe("application/octet-stream");
    expect(shown.headers.get("content-disposition")).toMatch(/^attachment;/);
    expect(shown.headers.get("content-security-policy")).toBe("default-src 'none'; sandbox");
    expect(shown.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("S105: an SVG or a page is no image, whatever it is called", async () => {
    const app = await start();
    const secret = await mint(app);
    for (const text of [
      '<?xml version="1.0"?><svg/>',
      "<!doctype html><script>1</script>",
      "GIF89a".slice(0, 3),
    ]) {
      const registered = await register(app, secret, { size: text.length });
      expect(await codeOf(await follow(registered, text))).toBe("400 invalid_request");
    }
    expect(filesOf(app)).toEqual([]);
  });

  test("an image with a page behind it is shown as an image alone", async () => {
    const app = await start();
    const secret = await mint(app);
    const both = Buffer.concat([png, Buffer.from("<script>alert(1)</script>")]);
    const registered = await register(app, secret, { size: both.length });
    expect((await follow(registered, Uint8Array.from(both))).status).toBe(200);
    const shown = await fetch(registered.preview_url!);
    expect(shown.headers.get("content-type")).toBe("image/png");
    expect(shown.headers.get("x-content-type-options")).toBe("nosniff");
    expect(shown.headers.get("content-security-policy")).toContain("sandbox");
  });

  test.each(["application/x-msdownload", "nonsense", "", "text/../plain", "application/octet-stream"])(
    "the type %j is not taken",
    async (type) => {
      const app = await start();
      expect(await codeOf(await ask(app, await mint(app), { mime_type: type }))).toBe("400 invalid_request");
    },
  );

  test("the type that comes with the bytes is the one that was registered", async () => {
    const app = await start();
    const registered = await register(app, await mint(app));
    const headers = { "content-type": "text/plain" };
    expect(await codeOf(await follow(registered, Uint8Array.from(png), { headers }))).toBe(
      "400 invalid_request",
    );
    expect((await follow(registered, Uint8Array.from(png))).status).toBe(200);
  });

  test.each([
    ["../../../etc/passwd", "passwd"],
    ["C:\\Users\\me\\a.txt", "a.txt"],
    ["a\r\nX-Evil: 1\u202Egnp.exe", "aX-Evil: 1gnp.exe"],
    [`${"é".repeat(200)}.txt`, `${"é".repeat(125)}.txt`],
  ])("the name %j is shown as %j", async (name, shown) => {
    const app = await start();
    expect(await register(app, await mint(app), { name })).toMatchObject({ name: shown });
  });

  test.each(["..", "/", "\u0000", "", "a/"])("the name %j is none", async (name) => {
    const app = await start();
    expect(await codeOf(await ask(app, await mint(app), { name }))).toBe("400 invalid_request");
  });
});

describe("an address opens one thing, once, for a while (S106, S107)", () => {
  test("a second upload is a conflict, at the same time too", async () => {
    const app = await start();
    const registered = await register(app, await mint(app));
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => follow(registered, Uint8Array.from(png))),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409, 409, 409]);
    expect(await codeOf(await follow(registered, Uint8Array.from(png)))).toBe("409 conflict");
  });

  test("it expires: uploads after 5 minutes, previews after 15", async () => {
    const app = await start();
    const secret = await mint(app);
    const late = await register(app, secret);
    const taken = await register(app, secret);
    await follow(taken, Uint8Array.from(png));
    app.moveWallClock(299_000);
    expect((await fetch(taken.preview_url!)).status).toBe(200);
    app.moveWallClock(2_000);
    expect(await codeOf(await follow(late, Uint8Array.from(png)))).toBe("401 unauthenticated");
    app.moveWallClock(600_000);
    expect(await codeOf(await fetch(taken.preview_url!))).toBe("401 unauthenticated");
    expect(filesOf(app)).toHaveLength(1);
  });

  test("it cannot be changed, or used for another attachment or purpose", async () => {
    const app = await start();
    const secret = await mint(app);
    const first = await register(app, secret);
    const second = await register(app, secret);
    const upload = first.upload_descriptor!.url;
    const seal = (url: string) => new URL(url).searchParams.get("seal")!;
    const at = (id: string, value: string) => `${app.url}/chatkit/attachments/${id}?seal=${value}`;
    for (const url of [
      at(first.id, changed(seal(upload))),
      at(first.id, `${seal(upload)}A`),
      at(first.id, ""),
      at(second.id, seal(upload)),
      at(first.id, seal(first.preview_url!)),
      `${app.url}/chatkit/attachments/${first.id}`,
      `${upload}&seal=${seal(upload)}`,
    ]) {
      const answer = await fetch(url, { method: "PUT", body: Uint8Array.from(png) });
      expect(await codeOf(answer)).toBe("401 unauthenticated");
    }
    expect(await codeOf(await fetch(upload))).toBe("401 unauthenticated");
    expect(filesOf(app)).toEqual([]);
  });

  test("whose it is cannot be read from it (S69)", async () => {
    const app = await start();
    const { upload_descriptor: descriptor, preview_url: preview } = await register(app, await mint(app));
    for (const url of [descriptor!.url, preview!]) {
      const seal = new URL(url).searchParams.get("seal")!;
      expect(Buffer.from(seal, "base64url").toString("latin1")).not.toContain("local");
    }
  });

  test("it works after a restart", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "sidekit-files-"));
    try {
      const before = await startApp({}, {}, { file: withFiles(), dataDir });
      const registered = await register(before, await mint(before));
      await before[Symbol.asyncDispose]();
      const app = await start({}, {}, { file: withFiles(), dataDir });
      const url = registered.upload_descriptor!.url.replace(/^http:\/\/[^/]+/, app.url);
      const uploaded = await fetch(url, {
        method: "PUT",
        headers: registered.upload_descriptor!.headers,
        body: Uint8Array.from(png),
      });
      expect(uploaded.status).toBe(200);
    } finally {
      for (const app of running.splice(0)) await app[Symbol.asyncDispose]();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});

describe("whoever is not the owner finds nothing (S63, S64)", () => {
  test("ids that are no ids, and paths, are not found", async () => {
    const app = await start();
    const headers = { authorization: `Bearer ${await mint(app)}` };
    for (const id of ["atc_x", "..%2f..%2fsidekit.sqlite", "..%5c..", `atc_${"0".repeat(22)}`, "incoming"]) {
      for (const method of ["GET", "PUT", "POST"]) {
        const init = method === "GET" ? { method, headers } : { method, headers, body: "x" };
        const answer = await fetch(`${app.url}/chatkit/attachments/${id}`, init);
        expect([404, 405], `${method} ${id}`).toContain(answer.status);
      }
    }
    expect(filesOf(app)).toEqual([]);
  });

  test("another owner's bearer opens neither way, and a message cannot take it", async () => {
    const app = await start();
    const secret = await mint(app);
    const { id } = await register(app, secret);
    const stranger = { tenant: "local", user: "somebody else" };
    const store = app.parts.attachments!.disk!;
    const signal = AbortSignal.timeout(5000);
    await expect(store.open(stranger, id, signal)).rejects.toMatchObject({ code: "not_found" });
    await expect(store.read(stranger, id, signal)).rejects.toMatchObject({ code: "not_found" });
    await store.delete(stranger, id, signal);
    const { seals } = app.parts.attachments!;
    for (const [purpose, method] of [
      ["download", "GET"],
      ["upload", "PUT"],
    ] as const) {
      const seal = seals.seal(purpose, stranger, id, 60_000);
      const body = method === "PUT" ? { body: Uint8Array.from(png) } : {};
      const answer = await fetch(`${app.url}/chatkit/attachments/${id}?seal=${seal}`, { method, ...body });
      expect(await codeOf(answer)).toBe("404 not_found");
    }
    expect(await codeOf(await say(app, secret, [`atc_${"1".repeat(22)}`]))).toBe("404 not_found");
  });

  test("without any credential there is nothing to see", async () => {
    const app = await start();
    const url = `${app.url}/chatkit/attachments`;
    expect((await fetch(url, { method: "POST", body: form("x", "a.txt", "text/plain") })).status).toBe(401);
    expect((await fetch(`${url}/atc_${"0".repeat(22)}`)).status).toBe(401);
    const wrong = { authorization: `Bearer ckss_${"0".repeat(43)}1K2Qwh` };
    const { preview_url: preview } = await register(app, await mint(app));
    expect((await fetch(preview!, { headers: wrong })).status).toBe(401);
  });
});

describe("an upload that breaks off leaves nothing (S106)", () => {
  test("the client goes away in the middle, and may come back", async () => {
    const app = await start();
    const secret = await mint(app);
    const text = "a".repeat(400_000);
    const registered = await register(app, secret, { mime_type: "text/plain", size: text.length });
    const { pathname, search, host, port } = new URL(registered.upload_descriptor!.url);
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => {});
    socket.write(
      `PUT ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text.slice(0, 100_000)}`,
    );
    await until(() => filesOf(app).length === 1);
    socket.destroy();
    await until(() => filesOf(app).length === 0);
    expect((await follow(registered, text)).status).toBe(200);
  });

  test("the attachment is deleted in the middle", async () => {
    const app = await start();
    const secret = await mint(app);
    const registered = await register(app, secret, { mime_type: "text/plain", size: 400_000 });
    const { pathname, search, host, port } = new URL(registered.upload_descriptor!.url);
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => {});
    let answer = "";
    socket.on("data", (chunk) => (answer += String(chunk)));
    socket.write(
      `PUT ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: text/plain\r\nContent-Length: 400000\r\n\r\n${"a".repeat(1000)}`,
    );
    await until(() => filesOf(app).length === 1);
    const params = { attachment_id: registered.id };
    expect((await app.post("/chatkit", secret, { type: "attachments.delete", params })).status).toBe(200);
    expect(filesOf(app)).toEqual([]);
    await until(() => answer !== "");
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    socket.destroy();
  });

  test("what a killed process left half-way goes at the next start", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "sidekit-files-"));
    try {
      mkdirSync(join(dataDir, "attachments", "incoming"), { recursive: true });
      writeFileSync(join(dataDir, "attachments", "incoming", "atc_half"), "half");
      const app = await start({}, {}, { file: withFiles(), dataDir });
      expect(filesOf(app)).toEqual([]);
    } finally {
      for (const app of running.splice(0)) await app[Symbol.asyncDispose]();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});

describe("a slow upload", () => {
  const slowly = async (url: string, headers: string, pieces: number) => {
    const { pathname, search, host, port } = new URL(url);
    const socket = connect(Number(port), "127.0.0.1");
    let answer = "";
    socket.on("error", () => {}).on("data", (chunk) => (answer += String(chunk)));
    socket.write(
      `PUT ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n${headers}Content-Length: ${pieces}\r\n\r\n`,
    );
    for (let piece = 0; piece < pieces && !socket.closed; piece++) {
      socket.write("a");
      await sleep(100);
    }
    await until(() => answer !== "" || socket.closed);
    socket.destroy();
    return answer.split("\r\n", 1)[0];
  };

  test("has longer than other requests, once it is known whose it is (L2)", async () => {
    const app = await start({}, { requestTimeoutMs: 500 });
    const registered = await register(app, await mint(app), { mime_type: "text/plain", size: 20 });
    const { url } = registered.upload_descriptor!;
    expect(await slowly(url, "", 20)).toBe("HTTP/1.1 200 OK");
    expect(await slowly(`${app.url}/nowhere`, "Content-Type: application/json\r\n", 20)).toMatch(/ 40[48] /);
  });

  test("does not have for ever", async () => {
    const app = await start({}, { headersTimeoutMs: 500, requestTimeoutMs: 500, uploadTimeoutMs: 1000 });
    const registered = await register(app, await mint(app), { mime_type: "text/plain", size: 60 });
    expect(await slowly(registered.upload_descriptor!.url, "", 60)).toBe("HTTP/1.1 408 Request Timeout");
    await until(() => filesOf(app).length === 0);
  });

  test("does not have it for any other body", async () => {
    const app = await start({}, { requestTimeoutMs: 500 });
    const headers = `Authorization: Bearer ${await mint(app)}\r\nContent-Type: application/json\r\n`;
    const { host, port } = new URL(app.url);
    const socket = connect(Number(port), "127.0.0.1");
    let answer = "";
    socket.on("error", () => {}).on("data", (chunk) => (answer += String(chunk)));
    socket.write(`POST /chatkit HTTP/1.1\r\nHost: ${host}\r\n${headers}Content-Length: 50\r\n\r\n{`);
    await until(() => answer !== "");
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe("limits", () => {
  test("the quota holds against registrations at the same time", async () => {
    const app = await start({ SIDEKIT_UPLOAD_QUOTA_MB: "1" });
    const secret = await mint(app);
    const wish = { mime_type: "text/plain", size: 300_000 };
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(app, secret, wish)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 413)).toHaveLength(7);
    const taken = attachmentReply.parse(await answers.find(({ status }) => status === 200)!.json());
    const params = { attachment_id: taken.id };
    await app.post("/chatkit", secret, { type: "attachments.delete", params });
    expect((await ask(app, secret, wish)).status).toBe(200);
  });

  test.each([
    [{ size: 2_000_000 }, "413 payload_too_large"],
    [{ size: 0 }, "400 invalid_request"],
    [{ size: -1 }, "400 invalid_request"],
  ])("a registration of %j is refused (L13)", async (wish, code) => {
    const app = await start({}, {}, { file: withFiles({ maxFileSizeMb: 1 }) });
    expect(await codeOf(await ask(app, await mint(app), wish))).toBe(code);
  });

  test("a message takes no more files than the profile says", async () => {
    const app = await start({}, {}, { file: withFiles({ maxFiles: 1 }) });
    const secret = await mint(app);
    const ids = [];
    for (const name of ["a.png", "b.png"]) {
      const registered = await register(app, secret, { name });
      await follow(registered, Uint8Array.from(png));
      ids.push(registered.id);
    }
    expect(await codeOf(await say(app, secret, ids))).toBe("400 invalid_request");
    expect((await say(app, secret, ids.slice(1))).status).toBe(200);
  });

  test("the session tells the truth, and a profile without files takes none", async () => {
    const on = await start({}, {}, { file: withFiles({ maxFileSizeMb: 5, maxFiles: 3 }) });
    expect(await describedSession(on)).toEqual({
      fileUpload: { enabled: true, maxFileSizeMb: 5, maxFiles: 3 },
      uploadStrategy: { type: "two_phase" },
    });
    const off = await start({}, {}, {});
    expect(await describedSession(off)).toEqual({
      fileUpload: { enabled: false, maxFileSizeMb: 25, maxFiles: 10 },
      uploadStrategy: null,
    });
    const secret = await mint(off);
    expect(await codeOf(await ask(off, secret))).toBe("501 not_configured");
    expect(await codeOf(await send(off, secret, form("x", "a.txt", "text/plain")))).toBe(
      "501 not_configured",
    );
    expect(await codeOf(await say(off, secret, [`atc_${"0".repeat(22)}`]))).toBe("404 not_found");
  });

  test("a file of 25 MiB comes whole, and one byte more is refused", async () => {
    const app = await start();
    const secret = await mint(app);
    const bytes = Buffer.alloc(25 * 1_048_576, "a");
    const registered = await register(app, secret, { mime_type: "text/plain", size: bytes.length });
    expect((await follow(registered, Uint8Array.from(bytes))).status).toBe(200);
    expect(statSync(filesOf(app)[0]!).size).toBe(bytes.length);
    expect(await codeOf(await ask(app, secret, { size: bytes.length + 1 }))).toBe("413 payload_too_large");
  });
});

describe("pages elsewhere (S12, S18)", () => {
  test("an allowed origin may upload; another may not", async () => {
    const app = await start({ SIDEKIT_ALLOWED_ORIGINS: "https://app.example.com" });
    const registered = await register(app, await mint(app));
    const url = registered.upload_descriptor!.url;
    const asked = (origin: string) =>
      fetch(url, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "PUT",
          "access-control-request-headers": "content-type",
        },
      });
    const allowed = await asked("https://app.example.com");
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("access-control-allow-methods")).toContain("PUT");
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
    expect((await asked("https://evil.example.com")).status).toBe(403);
    const headers = { ...registered.upload_descriptor!.headers, origin: "https://evil.example.com" };
    expect((await follow(registered, Uint8Array.from(png), { headers })).status).toBe(403);
  });

  test("S107: a page of any origin may show a preview, and nothing else of this server", async () => {
    const app = await start();
    const registered = await register(app, await mint(app));
    await follow(registered, Uint8Array.from(png));
    const asImage = {
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "no-cors",
      "sec-fetch-dest": "image",
    };
    const shown = await fetch(registered.preview_url!, { headers: asImage });
    expect(shown.status).toBe(200);
    expect(shown.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
    expect((await fetch(`${app.url}/healthz`, { headers: asImage })).status).toBe(403);
  });
});

describe("what is left behind goes (S73, S157)", () => {
  test("with its thread", async () => {
    const app = await start();
    const secret = await mint(app);
    const registered = await register(app, secret);
    await follow(registered, Uint8Array.from(png));
    const said = await (await say(app, secret, [registered.id])).text();
    expect(filesOf(app)).toHaveLength(1);
    const threadId = /"id":"(thr_[^"]+)"/.exec(said)![1]!;
    const removed = await app.post("/chatkit", secret, {
      type: "threads.delete",
      params: { thread_id: threadId },
    });
    expect(removed.status).toBe(200);
    expect(filesOf(app)).toEqual([]);
    expect(await codeOf(await fetch(registered.preview_url!))).toBe("404 not_found");
  });

  test("by request, once", async () => {
    const app = await start();
    const secret = await mint(app);
    const registered = await register(app, secret);
    await follow(registered, Uint8Array.from(png));
    const request = { type: "attachments.delete", params: { attachment_id: registered.id } };
    expect((await app.post("/chatkit", secret, request)).status).toBe(200);
    expect(filesOf(app)).toEqual([]);
    expect(await codeOf(await app.post("/chatkit", secret, request))).toBe("404 not_found");
  });

  test("a day after it came, when no message took it; what a message took stays", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "sidekit-files-"));
    try {
      const before = await startApp({}, {}, { file: withFiles(), dataDir });
      const secret = await mint(before);
      const kept = await register(before, secret);
      const unused = await register(before, secret);
      for (const registered of [kept, unused]) await follow(registered, Uint8Array.from(png));
      await beginningOf(await say(before, secret, [kept.id]));
      await before.parts.sweepAttachments();
      expect(filesOf(before)).toHaveLength(2);
      before.moveWallClock(86_500_000);
      await before.parts.sweepAttachments();
      expect(filesOf(before).map((file) => file.split("/").at(-1))).toEqual([kept.id]);
      await before[Symbol.asyncDispose]();
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});

test("docs/attachments.md: its settings are settings", async () => {
  const text = readFileSync(join(import.meta.dirname, "../../../docs/attachments.md"), "utf8");
  const file: unknown = JSON.parse(/```json\n([^`]+)```/.exec(text)![1]!);
  const app = await start({}, {}, { file });
  expect((await describedSession(app)).fileUpload).toEqual({ enabled: true, maxFileSizeMb: 10, maxFiles: 4 });
});

async function describedSession(app: RunningApp) {
  const response = await app.post("/trpc/chatSession.createSession", app.parts.launchToken, {});
  const { features, api } = sessionReply.parse(await response.json()).result.data;
  return { fileUpload: features.fileUpload, uploadStrategy: api.uploadStrategy };
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (holds()) return;
    await sleep(20);
  }
  throw new Error("It did not come to pass.");
}
