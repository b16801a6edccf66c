// The conversation: the vendor's React binding, unmodified, over the element that was chosen.

import { ChatKit, useChatKit, type ChatKitOptions } from "@openai/chatkit-react";
import type { ChatSessionClient, SessionSnapshot } from "@sidekit/chat-session/client";
import { useImperativeHandle, useRef, useState, type Ref } from "react";

import { useColorScheme } from "../color-scheme.ts";
import { isRefused } from "../sidecar.ts";
import { type Booking, bookingOf } from "./booking.ts";
import { BookingForm } from "./booking-form.tsx";
import { chatTheme } from "./chat-theme.ts";
import type { ElementChoice } from "./element-choice.ts";
import { keptThread } from "./kept-thread.ts";
import { SidekitElement } from "./sidekit-element.tsx";

export interface ChatPanelHandle {
  focusComposer(): void;
}

export interface ChatPanelProps {
  readonly ref: Ref<ChatPanelHandle>;
  /** With a session at hand. */
  readonly client: ChatSessionClient;
  readonly features: SessionSnapshot["features"];
  readonly element: ElementChoice;
  /** Under the tag of the vendor's binding, or, where that tag is the vendor's, under our own. */
  readonly tag: "openai-chatkit" | "sidekit-chat";
  /** After somebody asked for the chat; not when it came with the page. */
  readonly takesFocus: boolean;
  /** The launch token is no longer good. */
  onRefused(): void;
}

export function ChatPanel(props: ChatPanelProps) {
  const { ref, client, features, element, tag, takesFocus, onRefused } = props;
  const { scheme } = useColorScheme();
  const [api] = useState(() => chatkitApi(client, onRefused));
  // Read once: later changes come from the element itself.
  const [initialThread] = useState(() => keptThread.read());
  const [booking, setBooking] = useState<Booking | null>(null);
  const isInitialMissing = useRef(false);
  const { control, focusComposer, setThreadId } = useChatKit({
    api,
    initialThread,
    theme: chatTheme(scheme),
    history: { enabled: features.history.enabled, showDelete: true, showRename: true },
    startScreen: { greeting: "What would you like to know?", prompts: starters },
    composer: { placeholder: "Write a message", attachments: attachments(features.fileUpload) },
    threadItemActions: { feedback: true, retry: true },
    onClientTool: ({ name, params }) => {
      if (name !== "fill_form") throw new Error(`This page has no tool called ${name}.`);
      const filled = bookingOf(params);
      setBooking(filled);
      return { filled: Object.keys(filled) };
    },
    thread: { autoScroll: true },
    frameTitle: "Conversation",
    onReady: () => {
      element.ready();
      if (takesFocus) void focusComposer();
    },
    onThreadChange: ({ threadId }) => keptThread.write(threadId),
    onError: ({ error }) => {
      element.complained(error);
      if (isMissing(error)) isInitialMissing.current = true;
    },
    onThreadLoadEnd: ({ threadId }) => {
      if (threadId !== initialThread || !isInitialMissing.current) return;
      isInitialMissing.current = false;
      keptThread.write(null);
      void setThreadId(null);
    },
  });
  useImperativeHandle(ref, () => ({ focusComposer: () => void focusComposer() }), [focusComposer]);
  return (
    <>
      {booking !== null && (
        <BookingForm
          booking={booking}
          onChange={setBooking}
          onClose={() => {
            setBooking(null);
            void focusComposer();
          }}
        />
      )}
      {tag === "openai-chatkit" ? <ChatKit control={control} /> : <SidekitElement control={control} />}
    </>
  );
}

/** A session that has expired is renewed by a message: what that brings to light, the page has to hear. */
function chatkitApi(client: ChatSessionClient, onRefused: () => void): ChatKitOptions["api"] {
  const api = client.chatkitApi();
  if (!("fetch" in api)) return api;
  return {
    ...api,
    async fetch(input, init) {
      try {
        return await api.fetch(input, init);
      } catch (error) {
        if (isRefused(error)) onRefused();
        throw error;
      }
    },
  };
}

function attachments({ enabled, maxFileSizeMb, maxFiles }: SessionSnapshot["features"]["fileUpload"]) {
  return { enabled, maxSize: maxFileSizeMb * 1024 * 1024, maxCount: maxFiles };
}

const starters = [
  { label: "What can you do?", prompt: "What can you do?" },
  { label: "Show me a table", prompt: "Show me a small table of three rivers and their lengths." },
  {
    label: "Explain streaming",
    prompt: "Explain in three sentences how an answer is streamed to a browser.",
  },
];

/** Of our own element's errors; importing their class would load all of it with the page. */
function isMissing(error: Error): boolean {
  if (!("refusal" in error) || !(error.refusal instanceof Object)) return false;
  return "status" in error.refusal && error.refusal.status === 404;
}
