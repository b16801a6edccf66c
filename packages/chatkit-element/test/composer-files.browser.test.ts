// Files in the composer: how far an upload is, small pictures, limits, and who deletes what.

import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

import type { FileUploadStrategy } from "@openai/chatkit";
import { describe, expect, test } from "vitest";

import { chatPage } from "./chat-page.ts";
import { isWithoutChromium } from "./chromium.ts";

/** Four pixels, red and blue. */
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg==",
  "base64",
);

describe.skipIf(isWithoutChromium)("composer: files in Chromium", { timeout: 30_000 }, () => {
  const chat = chatPage();
  const { open, say, requestsOf, accessible, picture } = chat;
  const picker = () => chat.page.locator("input[type=file]");
  const rows = () => chat.page.locator(".composer-file");

  test("an upload tells its percentage, as the page's own server receives it", async () => {
    const { page } = chat;
    await openWith({ enabled: true });
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: 400_000,
    });
    await picker().setInputFiles({
      name: "large.bin",
      mimeType: "application/zip",
      buffer: Buffer.alloc(600_000, 1),
    });
    const bar = page.getByRole("progressbar", { name: "Upload of large.bin" });
    await bar.waitFor();
    const seen: number[] = [];
    await expect
      .poll(async () => {
        const value = await bar
          .evaluate((it: HTMLProgressElement) => it.value, undefined, { timeout: 200 })
          .catch(() => null);
        if (value !== null && value !== seen.at(-1)) seen.push(value);
        return seen.length;
      })
      .toBeGreaterThan(1);
    await accessible("uploading");
    await picture("uploading");
    await page.locator(".composer-file.ready").waitFor({ timeout: 15_000 });
    expect(seen).toEqual(seen.toSorted((one, other) => one - other));
    expect(seen.some((value) => value > 0 && value < 1)).toBe(true);
    expect([...chat.server.uploads.values()][0]?.length).toBe(600_000);
  });

  test("what is taken out while it is uploaded, or does not arrive, is deleted at the server", async () => {
    const { page } = chat;
    await openWith({ enabled: true });
    await page.route("**/upload/*", () => {}, { times: 1 });
    await picker().setInputFiles(text("a.txt"));
    await page.waitForRequest("**/upload/*");
    await page.getByRole("button", { name: "Remove a.txt" }).click();
    await expect.poll(() => requestsOf("attachments.delete")).toEqual([{ attachment_id: "id_1" }]);
    expect(await rows().count()).toBe(0);
    await page.route("**/upload/*", (route) => route.fulfill({ status: 507, body: "" }), { times: 1 });
    await picker().setInputFiles(text("b.txt"));
    await rows().getByText("It could not be uploaded.").waitFor();
    await expect.poll(() => requestsOf("attachments.delete").length).toBe(2);
    await page.getByRole("button", { name: "Try again: b.txt" }).click();
    await page.locator(".composer-file.ready").waitFor();
    await say("Read it");
    await page.locator(".answer").waitFor();
    expect(requestsOf("threads.create")).toMatchObject([{ input: { attachments: ["id_3"] } }]);
  });

  test("a picture is shown small before it is sent, under a policy that knows no blob; what is none has a symbol", async () => {
    const { page } = chat;
    await openWith({ enabled: true });
    await picker().setInputFiles([
      { name: "photo.png", mimeType: "image/png", buffer: png },
      { name: "broken.png", mimeType: "image/png", buffer: Buffer.from("no picture") },
      text("notes.txt"),
    ]);
    await expect.poll(() => page.locator(".composer-file.ready").count()).toBe(3);
    const canvas = rows().filter({ hasText: "photo.png" }).locator("canvas");
    await expect
      .poll(() =>
        canvas.evaluate((it: HTMLCanvasElement) => {
          const { data } = it.getContext("2d")?.getImageData(it.width / 4, it.height / 2, 1, 1) ?? {
            data: [],
          };
          return Number(data[3] ?? 0);
        }),
      )
      .toBe(255);
    expect(await rows().filter({ hasText: "broken.png" }).locator("svg").count()).toBe(2);
    expect(await rows().filter({ hasText: "broken.png" }).locator("canvas").count()).toBe(0);
    expect(await rows().filter({ hasText: "notes.txt" }).locator("canvas").count()).toBe(0);
    await accessible("thumbnails");
    await picture("thumbnails");
  });

  test("the most exact limit counts: a type before its family, and the rest by the fallback", async () => {
    await openWith({ enabled: true, maxSize: { "image/*": 10, "image/png": 1_000, "*": 4 } });
    await picker().setInputFiles([
      { name: "photo.png", mimeType: "image/png", buffer: png },
      { name: "photo.jpg", mimeType: "image/jpeg", buffer: png },
      text("notes.txt"),
      text("tiny.txt", 4),
    ]);
    await expect
      .poll(() => chat.page.locator(".composer-file.ready").allTextContents())
      .toEqual(["photo.png", "tiny.txt"]);
    expect(await chat.page.locator(".composer-file.failed").count()).toBe(2);
  });

  test("files and attachments of the page: sent with the message; only what was uploaded here is deleted here", async () => {
    const { page } = chat;
    await openWith({ enabled: true });
    await page.evaluate(() =>
      window.testPage.chat?.setComposerValue({
        text: "Look",
        attachments: [
          {
            type: "image",
            id: "atc_page",
            name: "shot.png",
            mime_type: "image/png",
            preview_url: "data:image/png;base64,AA",
          },
        ],
        files: [new File(["hello"], "hello.txt", { type: "text/plain" })],
      }),
    );
    await page.locator(".composer-file.ready", { hasText: "hello.txt" }).waitFor();
    await page.getByRole("button", { name: "Remove shot.png" }).click();
    expect(requestsOf("attachments.delete")).toEqual([]);
    await page.evaluate(() =>
      window.testPage.chat?.setComposerValue({
        attachments: [{ type: "file", id: "atc_other", name: "other.txt", mime_type: "text/plain" }],
      }),
    );
    await expect.poll(() => requestsOf("attachments.delete").length).toBe(1);
    expect(await rows().allTextContents()).toEqual(["other.txt"]);
    await say("Look");
    await page.locator(".answer").waitFor();
    expect(requestsOf("threads.create")).toMatchObject([{ input: { attachments: ["atc_other"] } }]);
  });

  test("a direct upload goes through the page's fetch, with its credential and without a percentage", async () => {
    const { page } = chat;
    await openWith({ enabled: true }, { type: "direct", uploadUrl: "/upload/direct" });
    const gate = Promise.withResolvers<void>();
    await page.route("**/upload/direct", async (route) => {
      await gate.promise;
      await route.continue();
    });
    const sent = page.waitForRequest("**/upload/direct");
    await picker().setInputFiles(text("a.txt"));
    await rows().getByText("Uploading…").waitFor();
    expect(await page.getByRole("progressbar").count()).toBe(0);
    await accessible("direct");
    gate.resolve();
    await page.locator(".composer-file.ready").waitFor();
    expect((await (await sent).allHeaders())["authorization"]).toBe("Bearer test-token");
    expect((await sent).postData()).toContain('name="file"; filename="a.txt"');
    await say("Read it");
    await page.locator(".answer").waitFor();
    expect(requestsOf("threads.create")).toMatchObject([{ input: { attachments: ["direct"] } }]);
  });

  async function openWith(
    attachments: object,
    uploadStrategy: FileUploadStrategy = { type: "two_phase" },
  ): Promise<void> {
    await open();
    await chat.page.evaluate(
      ([given, uploadStrategy]) => {
        const api = {
          url: "/chatkit",
          domainKey: "local",
          uploadStrategy,
          fetch: (input: RequestInfo | URL, init?: RequestInit) => {
            const headers = new Headers(init?.headers);
            headers.set("authorization", "Bearer test-token");
            return fetch(input, { ...init, headers });
          },
        };
        window.testPage.setOptions({ api, composer: { attachments: { enabled: true, ...given } } });
      },
      [attachments, uploadStrategy] as const,
    );
    await picker().waitFor({ state: "attached" });
  }
});

describe.skipIf(isWithoutChromium)("composer: files and cookies in Chromium", { timeout: 30_000 }, () => {
  // The page's policy would keep it from talking to the other server in the first place.
  const chat = chatPage({ context: { bypassCSP: true } });

  test("go to nobody whom another server names: neither to it, nor to the page's own origin", async () => {
    const { page, open, server } = chat;
    await using other = await openOtherServer();
    await open();
    const send = async (name: string, uploadTo: string) => {
      other.uploadUrl = uploadTo;
      await page.locator("input[type=file]").setInputFiles(text(name));
      await page.locator(".composer-file.ready", { hasText: name }).waitFor();
    };
    await page.evaluate((origin) => {
      document.cookie = "session=secret";
      window.testPage.setOptions({
        api: { url: `${origin}/chatkit`, domainKey: "local", uploadStrategy: { type: "two_phase" } },
        composer: { attachments: { enabled: true } },
      });
    }, other.origin);
    await page.locator("input[type=file]").waitFor({ state: "attached" });
    await send("a.txt", `${other.origin}/upload`);
    expect(other.uploads).toEqual([{ cookie: undefined, bytes: 5 }]);
    const upload = page.waitForRequest("**/upload/own");
    await send("b.txt", `${server.origin}/upload/own`);
    expect((await (await upload).allHeaders())["cookie"]).toBeUndefined();
    expect([...server.uploads.keys()]).toEqual(["/upload/own"]);
  });
});

interface OtherServer extends AsyncDisposable {
  readonly origin: string;
  readonly uploads: { cookie: string | undefined; bytes: number }[];
  uploadUrl: string;
}

/** A ChatKit server that does nothing but register files; uploads may come to it as well. Cookies know no ports. */
async function openOtherServer(): Promise<OtherServer> {
  const uploads: OtherServer["uploads"] = [];
  const http = createServer((request, response) => {
    let bytes = 0;
    request.on("data", (chunk: Buffer) => (bytes += chunk.length));
    request.on("end", () => {
      if (request.method === "PUT") uploads.push({ cookie: request.headers.cookie, bytes });
      response.writeHead(200, {
        "content-type": "application/json",
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "POST, PUT",
        "access-control-allow-headers": "*",
      });
      const upload_descriptor = { url: other.uploadUrl, method: "PUT", headers: {} };
      response.end(
        JSON.stringify({ type: "file", id: "atc", name: "n", mime_type: "text/plain", upload_descriptor }),
      );
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const other: OtherServer = {
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    uploads,
    uploadUrl: "",
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  };
  return other;
}

function text(name: string, size = 5) {
  return { name, mimeType: "text/plain", buffer: Buffer.alloc(size, "a") };
}
