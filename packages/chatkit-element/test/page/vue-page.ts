// The element in a Vue 3 component, as the docs show it.

import { createApp, defineComponent, h, onMounted, useTemplateRef } from "vue";

import { registerAs, type SidekitChat } from "@sidekit/chatkit-element";

import { frameworkPage } from "./framework-page.ts";

registerAs();
frameworkPage((options, heard) => {
  const Chat = defineComponent(() => {
    const element = useTemplateRef<SidekitChat>("element");
    onMounted(() => element.value?.setOptions(options));
    return () =>
      h("sidekit-chat", {
        ref: "element",
        id: "a",
        "onChatkit.ready": () => heard("ready"),
        "onChatkit.response.end": () => heard("response.end"),
      });
  });
  createApp(Chat).mount("#root");
});
