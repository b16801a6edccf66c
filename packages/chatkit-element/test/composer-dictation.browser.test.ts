// Dictation with a microphone that the browser makes up.

import { describe, expect, test } from "vitest";

import { chatPage } from "./chat-page.ts";
import { isWithoutChromium } from "./chromium.ts";

const options = { composer: { dictation: { enabled: true } } };
const deadline = { timeout: 30_000 };

describe.skipIf(isWithoutChromium)("composer: dictation in Chromium", deadline, () => {
  const chat = chatPage({
    browserArgs: ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
  });
  const { open, requestsOf, focused, accessible, picture, heard } = chat;
  const button = (name: string) => chat.page.getByRole("button", { name, exact: true });
  const field = () => chat.page.getByRole("textbox", { name: "Message" });

  test("records, shows for how long, and puts the words where the caret is", async () => {
    const { page, server } = chat;
    await open(options);
    await accessible("before");
    await field().fill("Before after");
    await field().evaluate((it: HTMLTextAreaElement) => it.setSelectionRange(6, 6));
    await button("Dictate").focus();
    await page.keyboard.press("Enter");
    await button("Finish dictation").waitFor();
    expect(await focused()).toBe("Finish dictation");
    await page.getByRole("timer", { name: "Recorded time" }).filter({ hasText: "0:01" }).waitFor();
    // The made-up microphone beeps once a second.
    await page.waitForFunction(() => {
      const bar = document
        .querySelector("openai-chatkit")
        ?.shadowRoot?.querySelector<HTMLElement>(".level span");
      return Number(/\d?\.\d+/.exec(bar?.style.transform ?? "")?.[0]) > 0.1;
    });
    await accessible("recording");
    await picture("recording");
    const gate = Promise.withResolvers<void>();
    await page.route("**/chatkit", async (route) => {
      await gate.promise;
      await route.continue();
    });
    await page.keyboard.press("Enter");
    await button("Writing down what was said…").waitFor();
    await accessible("transcribing");
    await picture("transcribing");
    await page.getByRole("status").filter({ hasText: "Writing down what was said…" }).waitFor();
    gate.resolve();
    await expect.poll(() => field().inputValue()).toBe("Before Words that were said after");
    await expect.poll(focused).toBe("Message");
    await page.keyboard.type("!");
    expect(await field().inputValue()).toBe("Before Words that were said! after");
    const [sent] = requestsOf("input.transcribe") as { audio_base64: string; mime_type: string }[];
    expect(sent?.mime_type).toBe("audio/webm;codecs=opus");
    const bytes = Buffer.from(sent?.audio_base64 ?? "", "base64");
    // What every WebM file begins with.
    expect(bytes.subarray(0, 4).toString("hex")).toBe("1a45dfa3");
    expect(bytes.length).toBeGreaterThan(1_000);
    expect(bytes.toString("base64")).toBe(sent?.audio_base64);
    await page.unroute("**/chatkit");
    server.transcript = "";
    await button("Dictate").click();
    await button("Finish dictation").click();
    await page.getByText("Nothing was heard.").waitFor();
    await accessible("nothing heard");
  });

  test("is cancelled by Escape and by its button, frees the microphone, and sends nothing", async () => {
    const { page } = chat;
    await open(options);
    await page.evaluate(() => {
      const { mediaDevices } = navigator;
      const ask = mediaDevices.getUserMedia.bind(mediaDevices);
      const tracks: MediaStreamTrack[] = [];
      Object.assign(window, { tracks });
      mediaDevices.getUserMedia = async (wanted) => {
        const stream = await ask(wanted);
        tracks.push(...stream.getTracks());
        return stream;
      };
    });
    const states = () => page.evaluate("tracks.map(({ readyState }) => readyState)");
    await button("Dictate").click();
    await button("Finish dictation").waitFor();
    expect(await states()).toEqual(["live"]);
    await page.keyboard.press("Escape");
    await button("Dictate").waitFor();
    expect(await focused()).toBe("Message");
    expect(await states()).toEqual(["ended"]);
    await button("Dictate").click();
    await button("Finish dictation").waitFor();
    await field().fill("Typed meanwhile");
    await button("Cancel dictation").click();
    await button("Dictate").waitFor();
    expect(await field().inputValue()).toBe("Typed meanwhile");
    expect(await focused()).toBe("Message");
    await button("Dictate").click();
    await button("Finish dictation").waitFor();
    await page.evaluate(() => document.querySelector("openai-chatkit")?.remove());
    await expect.poll(states).toEqual(["ended", "ended", "ended"]);
    expect(requestsOf("input.transcribe")).toEqual([]);
    expect(await heard("error")).toEqual([]);
  });

  test("Escape takes back the wish while the browser still asks; the microphone is not kept then", async () => {
    const { page } = chat;
    await open(options);
    await page.evaluate(() => {
      const { mediaDevices } = navigator;
      const ask = mediaDevices.getUserMedia.bind(mediaDevices);
      const { promise, resolve } = Promise.withResolvers<void>();
      mediaDevices.getUserMedia = async (wanted) => {
        await promise;
        const stream = await ask(wanted);
        Object.assign(window, { given: stream.getTracks()[0] });
        return stream;
      };
      Object.assign(window, { permit: resolve });
    });
    await button("Dictate").click();
    await button("Waiting for the microphone…").waitFor();
    await accessible("asking");
    await page.keyboard.press("Escape");
    await button("Dictate").waitFor();
    await page.evaluate("permit()");
    await expect.poll(() => page.evaluate("window.given?.readyState")).toBe("ended");
    expect(await button("Dictate").count()).toBe(1);
  });

  test("what the server cannot do is a sentence, and the answer that runs goes on", async () => {
    const { page, server } = chat;
    await open(options);
    server.refuse = ({ type }) => (type === "input.transcribe" ? { status: 501, body: {} } : null);
    const gate = Promise.withResolvers<void>();
    server.script = () => gate.promise;
    await chat.say("Wait");
    await button("Stop answering").waitFor();
    await button("Dictate").click();
    await button("Finish dictation").waitFor();
    await page.keyboard.press("Escape");
    expect(await button("Stop answering").count()).toBe(1);
    await button("Dictate").click();
    await button("Finish dictation").click();
    await page.getByText("This server cannot write down speech.").waitFor();
    await picture("dictation-refused");
    expect(await heard("error")).toHaveLength(1);
    await field().fill("By hand, then");
    expect(await page.getByText("This server cannot write down speech.").count()).toBe(0);
    gate.resolve();
    await button("Send message").waitFor();
  });

  test("is ended by itself after five minutes, and keeps what was said", async () => {
    const { page } = chat;
    await page.clock.install();
    await open(options);
    await button("Dictate").click();
    await button("Finish dictation").waitFor();
    await page.clock.fastForward(299_000);
    await page.getByRole("timer").filter({ hasText: "4:59" }).waitFor();
    await page.clock.fastForward(2_000);
    await page.clock.resume();
    await expect.poll(() => field().inputValue()).toBe("Words that were said");
  });
});

describe.skipIf(isWithoutChromium)("composer: no microphone in Chromium", deadline, () => {
  const chat = chatPage({ browserArgs: ["--use-fake-device-for-media-stream"] });
  const { open, accessible, picture, heard } = chat;

  test("one that is refused is a clear sentence", async () => {
    await open(options);
    await chat.page.getByRole("button", { name: "Dictate" }).click();
    await chat.page.getByText("The microphone was refused. Allow it in the browser's settings").waitFor();
    await accessible("refused");
    await picture("refused");
    expect(await heard("error")).toEqual([expect.stringContaining("microphone_refused")]);
  });

  test("so is one that is not there", async () => {
    await open(options);
    await chat.page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("None.", "NotFoundError"));
    });
    await chat.page.getByRole("button", { name: "Dictate" }).click();
    await chat.page.getByText("No microphone can be used.").waitFor();
    expect(await heard("error")).toEqual([expect.stringContaining("microphone_missing")]);
    await chat.page.getByRole("button", { name: "Dictate" }).waitFor();
  });
});
