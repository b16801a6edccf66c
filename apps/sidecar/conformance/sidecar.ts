// A sidecar for one case: the whole app behind a listener of its own, with the case's application and an empty store.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createProcedureContext } from "@sidekit/chat-session";
import {
  type AttachmentStore,
  type NewId,
  type Owner,
  randomId,
  type Responder,
  type ThreadStore,
  type UsageStore,
  type TurnProfile,
} from "@sidekit/chatkit";

import { createApp } from "../src/app.ts";
import { compose } from "../src/compose.ts";
import { parseConfig } from "../src/config.ts";
import { createLog } from "../src/log.ts";
import type { OpenStore } from "./stores.ts";

const tenant = "local";
/** In the place of a responder that the settings can name. */
const responderName = "demo";

export interface Sidecar extends AsyncDisposable {
  readonly url: string;
  /** Runs that go on. */
  activeRuns(): number;
  /** The client secret of a session of this user. */
  bearerOf(user: string): Promise<string>;
}

export interface SidecarOptions {
  readonly store: OpenStore<ThreadStore & UsageStore>;
  readonly responder: Responder;
  readonly attachments: AttachmentStore | null;
  readonly offers: TurnProfile["offers"];
  readonly countsIds: boolean;
}

export function ownerOf(user: string): Owner {
  return { tenant, user };
}

/** A run ends when nobody follows it any more. */
export async function startSidecar(options: SidecarOptions): Promise<Sidecar> {
  const { store, responder, attachments, offers, countsIds } = options;
  await using opened = new AsyncDisposableStack();
  const dataDir = mkdtempSync(join(tmpdir(), "sidekit-conformance-"));
  opened.defer(() => rmSync(dataDir, { recursive: true, force: true }));
  const config = parseConfig(
    {
      SIDEKIT_PORT: "0",
      SIDEKIT_DATA_DIR: dataDir,
      SIDEKIT_RESPONDER: responderName,
      SIDEKIT_REQUESTS_PER_MINUTE: "1000",
      SIDEKIT_DETACH_GRACE_SECONDS: "0",
    },
    { profiles: { default: offers } },
  );
  const log = createLog("silent", () => {});
  const parts = await compose(config, log, {
    threads: store,
    responders: { [responderName]: responder },
    attachments,
    newId: countsIds ? createCountedIds() : randomId,
    lockedThreads: "answer",
  });
  opened.use(parts);
  const app = await createApp({ parts, log, draining: () => false });
  opened.defer(() => app.close());
  opened.defer(() => app.server.closeAllConnections());
  opened.defer(async () => void (await parts.chatKit.drain({ deadlineMs: 0 })));
  await app.listen({ host: config.host, port: 0 });
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new Error("The listener has no port.");
  parts.bound(address.port);

  const bearers = new Map<string, Promise<string>>();
  const mint = async (user: string) => {
    const caller = { tenant, user, credential: "launch", sessions: true, operator: false } as const;
    const context = createProcedureContext({
      requestId: "conformance",
      authority: { kind: "caller", caller },
    });
    const session = await parts.router.createCaller(context).chatSession.createSession({});
    return session.clientSecret;
  };
  const running = opened.move();
  return {
    url: `http://127.0.0.1:${address.port}/chatkit`,
    activeRuns: () => parts.chatKit.activeRuns(),
    bearerOf(user) {
      const bearer = bearers.get(user) ?? mint(user);
      bearers.set(user, bearer);
      return bearer;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** One counter for threads and items; whatever is neither keeps an id that nobody can guess. */
function createCountedIds(): NewId {
  const categories = {
    msg: "message",
    wf: "workflow",
    tsk: "task",
    tc: "tool_call",
    shcx: "sdk_hidden_context",
  } as const;
  let last = 0;
  return (prefix, threadId) => {
    if (prefix === "thr") return `thr_custom_${++last}`;
    if (!(prefix in categories) || threadId === undefined) return randomId(prefix, threadId);
    return `${categories[prefix as keyof typeof categories]}_custom_${++last}_${threadId}`;
  };
}
