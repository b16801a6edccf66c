// What the gallery shows: every kind of item and every state that a conversation can be in.

import type { Replay } from "./replay.ts";
import { messageScenes } from "./message-scenes.ts";
import { stateScenes } from "./state-scenes.ts";
import { widgetScenes } from "./widget-scenes.ts";

export interface Scene extends Replay {
  /** Part of the address of its picture. */
  readonly id: string;
  readonly title: string;
  /** What is said to the element once it is ready; null: it is left as it is. */
  readonly says: string | null;
  /** So that all of it is seen without scrolling, in pixels. */
  readonly heightPx: number;
  /** Beside the conversation. */
  readonly shows?: "start" | "history" | "composer";
}

export interface SceneGroup {
  readonly title: string;
  readonly scenes: readonly Scene[];
}

export const sceneGroups: readonly SceneGroup[] = [
  { title: "Messages", scenes: messageScenes },
  { title: "Work, questions and states", scenes: stateScenes },
  { title: "Widgets", scenes: widgetScenes },
];
