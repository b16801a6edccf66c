// The element in a Svelte 5 component, as the docs show it.

import { mount } from "svelte";

import { registerAs } from "@sidekit/chatkit-element";

import Chat from "./chat.svelte";
import { frameworkPage } from "./framework-page.ts";

registerAs();
const target = document.querySelector("#root");
if (target !== null) {
  frameworkPage((options, heard) => {
    mount(Chat, { target, props: { options, heard } });
  });
}
