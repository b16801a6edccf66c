// Our element under its own tag, driven by what `useChatKit` of the vendor's React binding returns. That binding's own
// component knows one tag only.

import type { ChatKitControl } from "@openai/chatkit-react";
import type { SidekitChat } from "@sidekit/chatkit-element";
import { useEffect, useLayoutEffect, useRef } from "react";

import "./sidekit-tag.ts";

export function SidekitElement({ control }: { readonly control: ChatKitControl }) {
  const element = useRef<SidekitChat>(null);
  const { options, handlers, setInstance } = control;

  useLayoutEffect(() => {
    setInstance(element.current);
    return () => setInstance(null);
  }, [setInstance]);
  useLayoutEffect(() => element.current?.setOptions(options), [options]);
  useEffect(() => {
    const shown = element.current;
    const ended = new AbortController();
    const { signal } = ended;
    // Those that this page listens to.
    shown?.addEventListener("chatkit.ready", () => handlers.onReady?.(), { signal });
    shown?.addEventListener("chatkit.error", ({ detail }) => handlers.onError?.(detail), { signal });
    shown?.addEventListener("chatkit.thread.change", ({ detail }) => handlers.onThreadChange?.(detail), {
      signal,
    });
    shown?.addEventListener("chatkit.thread.load.end", ({ detail }) => handlers.onThreadLoadEnd?.(detail), {
      signal,
    });
    return () => ended.abort();
  }, [handlers]);

  return <sidekit-chat ref={element} />;
}
