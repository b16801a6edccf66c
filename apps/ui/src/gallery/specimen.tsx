// One scene: a real element that is given recorded frames in place of a server.

import type { ChatKitOptions } from "@openai/chatkit";
import type { SidekitChat } from "@sidekit/chatkit-element";
import { useEffect, useLayoutEffect, useRef } from "react";

import { chatTheme } from "../chat/chat-theme.ts";
import "../chat/sidekit-tag.ts";
import { useColorScheme } from "../color-scheme.ts";
import { createReplay } from "./replay.ts";
import type { Scene } from "./scenes.ts";

export function Specimen({ scene }: { readonly scene: Scene }) {
  const { scheme } = useColorScheme();
  const element = useRef<SidekitChat>(null);

  useLayoutEffect(() => element.current?.setOptions(optionsOf(scene, scheme)), [scene, scheme]);
  useEffect(() => {
    const shown = element.current;
    if (shown === null) return;
    const begin = () => {
      if (scene.shows === "history") void showWithoutFocus(shown);
      if (scene.says !== null) void shown.sendUserMessage({ text: scene.says });
    };
    shown.addEventListener("chatkit.ready", begin, { once: true });
    return () => shown.removeEventListener("chatkit.ready", begin);
  }, [scene]);

  return (
    <div className="specimen">
      <h3>{scene.title}</h3>
      <div className="specimen-frame" id={scene.id} style={{ blockSize: scene.heightPx }}>
        <sidekit-chat ref={element} />
      </div>
    </div>
  );
}

const composerWithEverything: ChatKitOptions["composer"] = {
  attachments: { enabled: true },
  dictation: { enabled: true },
  tools: [
    { id: "search", label: "Search the web", icon: "globe", pinned: true },
    { id: "plan", label: "Make a plan", icon: "notebook" },
  ],
  models: [
    { id: "quick", label: "Quick", description: "For small things" },
    { id: "thorough", label: "Thorough", description: "Takes its time", default: true },
  ],
};

/** Nobody asked for the list: what had the focus keeps it. */
async function showWithoutFocus(shown: SidekitChat): Promise<void> {
  const focused = document.activeElement;
  await shown.showHistory();
  setTimeout(() => {
    if (document.activeElement === shown && focused instanceof HTMLElement)
      focused.focus({ preventScroll: true });
  });
}

function optionsOf(scene: Scene, scheme: "light" | "dark"): ChatKitOptions {
  return {
    api: {
      url: "/gallery",
      domainKey: "none",
      fetch: createReplay(scene),
      uploadStrategy: { type: "two_phase" },
    },
    locale: "en",
    theme: chatTheme(scheme),
    frameTitle: scene.title,
    header: { enabled: scene.shows === "start" || scene.shows === "history" },
    history: { enabled: scene.shows === "history", showDelete: true, showRename: true },
    startScreen: {
      greeting: "What would you like to know?",
      prompts: [
        { label: "What can you do?", prompt: "What can you do?", icon: "sparkle" },
        { label: "Plan a journey", prompt: "Plan a journey", icon: "map-pin" },
      ],
    },
    composer: {
      placeholder: "Write a message",
      ...(scene.shows === "composer" && composerWithEverything),
    },
    threadItemActions: { feedback: true, retry: true },
    onClientTool: () => new Promise(() => {}),
  };
}
