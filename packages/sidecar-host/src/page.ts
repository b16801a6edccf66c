// The page's side: calls that need more than the page may hold go through the parent. For browsers.

import { currentSecretField, pageProcedures, type PageAnswer, type PageCall } from "./page-call.ts";

export type { PageAnswer, PageCall } from "./page-call.ts";

export interface PageBridge {
  /** Where the sidecar is; another address after it has been started again. */
  address(): Promise<string>;
  /**
   * For `createChatSessionClient`: sessions come through the parent, all else goes straight to the sidecar. Before each
   * request the parent has whoever is on the port prove to be the sidecar; what may carry a credential is sent after that
   * (S5). Rejects when the sidecar is at another address by then: it was started again, and the page has to be as well.
   */
  readonly fetch: typeof fetch;
}

/** `ask` carries a call to the parent, which answers with `answerPage`. What it rejects with is passed on. */
export function createPageBridge(ask: (call: PageCall) => Promise<PageAnswer>): PageBridge {
  const address = async () => (await ask({ kind: "address" })).body;
  return {
    address,
    async fetch(input, init) {
      const { origin, pathname } = new URL(input instanceof Request ? input.url : input);
      const name = pageProcedures.find((procedure) => pathname.endsWith(`/${procedure}`));
      if (name === undefined || typeof init?.body !== "string") {
        if ((await address()) !== origin) throw new TypeError("The sidecar is at another address now.");
        return fetch(input, init);
      }
      const currentSecret = new Headers(init.headers).get(currentSecretField);
      const { status, body } = await ask({ kind: "procedure", name, input: init.body, currentSecret });
      return new Response(body, { status, headers: { "content-type": "application/json" } });
    },
  };
}
