// Which page the fragment of the address names. A fragment with a launch token has been taken away before.

import { createObservable } from "./observed.ts";

export const pages = [
  { name: "chat", title: "Chat", address: "#/" },
  { name: "gallery", title: "Gallery", address: "#/gallery" },
  { name: "integrate", title: "Integrate", address: "#/integrate" },
] as const;
export type PageName = (typeof pages)[number]["name"];

const shown = createObservable<PageName>(pageOf(location.hash));
addEventListener("hashchange", () => shown.put(pageOf(location.hash)));

export const currentPage = shown.current;
export const onPageChange = shown.subscribe;

/** An unknown address leads to the chat. */
function pageOf(fragment: string): PageName {
  return pages.find(({ address }) => address === fragment)?.name ?? "chat";
}
