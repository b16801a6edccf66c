// What tsc has to find: our element is the vendor's, member by member and event by event.

import type { ChatKitEvents, ChatKitOptions, OpenAIChatKit } from "@openai/chatkit";
import { expect, expectTypeOf, test } from "vitest";

import type * as own from "@sidekit/chatkit-element";

type Own = own.SidekitChat;
/** What the vendor's interface adds to an element of the page. */
type VendorMember =
  | Exclude<keyof OpenAIChatKit, keyof HTMLElement>
  | "addEventListener"
  | "removeEventListener";

test("our element can stand wherever the vendor's is asked for", () => {
  expectTypeOf<Own>().toExtend<OpenAIChatKit>();
  expectTypeOf<Pick<Own, VendorMember>>().toEqualTypeOf<Pick<OpenAIChatKit, VendorMember>>();
  expectTypeOf<own.ChatKitEvents>().toEqualTypeOf<ChatKitEvents>();
  expectTypeOf<own.ChatKitOptions>().toEqualTypeOf<ChatKitOptions>();
  expect.assertions(0);
});

test("the tag is known to document.createElement, and listeners know their details", () => {
  expectTypeOf<HTMLElementTagNameMap["sidekit-chat"]>().toEqualTypeOf<Own>();
  expectTypeOf<Parameters<typeof listen>[0]>().toEqualTypeOf<Own>();
  expect.assertions(0);
});

function listen(element: Own): void {
  element.addEventListener("chatkit.thread.change", ({ detail }) => {
    expectTypeOf(detail).toEqualTypeOf<{ threadId: string | null }>();
  });
  element.addEventListener("click", (event) => {
    expectTypeOf(event).toExtend<Event>();
  });
}
