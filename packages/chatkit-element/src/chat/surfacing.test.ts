import { expect, test } from "vitest";

import { SidekitChatError } from "../errors.ts";
import { createChat } from "./chat.ts";

const hello = { content: [{ type: "input_text" as const, text: "Hello" }] };

test("an exception that nobody foresaw is shown and told, whether it is thrown or a rejection", async () => {
  const { chat, told } = chatWith(new TypeError("randomUUID is not a function"));
  await expect(chat.send(hello)).rejects.toThrow("randomUUID");
  expect(chat.getState().conversation).toMatchObject({
    run: null,
    failure: { code: "unexpected", canRetry: false },
  });
  expect(told).toEqual(["randomUUID is not a function"]);

  const limits = { enabled: true };
  expect(() => chat.addFiles([new File(["a"], "a.txt")], limits)).toThrow("randomUUID");
  expect(told).toHaveLength(2);
});

test("what is shown by other means, and what a stop ends, is told once or not at all", async () => {
  const { chat, told } = chatWith(null);
  await expect(chat.send(hello)).rejects.toThrow("odd");
  expect(told).toEqual(["odd"]);
  await expect(chat.send({ content: [] })).rejects.toMatchObject({ code: "message_empty" });
  expect(told).toEqual(["odd"]);

  const sending = chat.send({ content: [{ type: "input_text", text: "slow" }] });
  chat.stop();
  await expect(sending).rejects.toThrow("ended by the page's own fetch");
  expect(told).toEqual(["odd"]);
  expect(chat.getState().conversation.failure).toBeNull();
});

function chatWith(idFailure: Error | null) {
  const told: string[] = [];
  let count = 0;
  const never = () => Promise.reject(new SidekitChatError("unreachable"));
  const chat = createChat({
    client: () => ({
      readThread: never,
      listItems: never,
      listThreads: never,
      renameThread: never,
      deleteThread: never,
      actSync: never,
      sendFeedback: never,
      upload: never,
      transcribe: never,
      deleteAttachment: never,
      stream: (request, signal) => {
        if (!JSON.stringify(request).includes("slow")) return Promise.reject(new RangeError("odd"));
        return new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(new Error("ended by the page's own fetch")));
        });
      },
    }),
    emit: (name, ...[detail]) => {
      const error: unknown = Reflect.get(Object(detail), "error");
      if (name === "chatkit.error" && error instanceof Error) told.push(error.message);
    },
    newId: () => {
      if (idFailure !== null) throw idFailure;
      return `id_${(count += 1)}`;
    },
  });
  return { chat, told };
}
