// The sidecar's end of the channel: what the parent hands over, and the changes it asks for (S139).

import { Socket } from "node:net";

import { Secret } from "@sidekit/secrets";

import { SidecarHostError } from "./errors.ts";
import {
  handover,
  maxMessageBytes,
  parentMessage,
  parseLine,
  protocolVersion,
  type Handover,
  type Outcome,
  type ParentMessage,
  type SidecarMessage,
} from "./handshake.ts";
import { createLineSplitter, type Line } from "./lines.ts";

export { SidecarHostError, type SidecarHostErrorCode } from "./errors.ts";
export { maxOrigins, type Outcome } from "./handshake.ts";
export { proofNonce, proofOf, proofPath } from "./port-proof.ts";

const handoverDeadlineMs = 10_000;
const maxWaiting = 64;

/** What the sidecar does for its parent, one after the other. What throws is `request_failed`. */
export interface HostRequests {
  setKey(id: string, key: Secret | null): Promise<Outcome>;
  addOrigin(origin: string): Promise<Outcome>;
  removeOrigin(origin: string): Promise<Outcome>;
  stop(): void;
  /** Something on the channel was too long, unknown or wrong, or more than can wait. It has been dropped. */
  dropped(): void;
}

export interface HostChannel {
  readonly launchToken: string;
  readonly keys: ReadonlyMap<string, Secret>;
  readonly origins: readonly string[];
  /** Resolves when the parent has ended, or has closed its end. Never rejects. */
  readonly gone: Promise<void>;
  /** Tells the parent where this process listens, and begins to serve its requests. */
  ready(url: string, requests: HostRequests): void;
}

/**
 * Takes the channel that was inherited on this descriptor, and waits for what the parent hands over. Throws SidecarHostError:
 * `no_channel`, `handover_late` after 10 s, `protocol` when something else comes first.
 */
export async function openHostChannel(fd: number): Promise<HostChannel> {
  const socket = socketOn(fd);
  const first = Promise.withResolvers<Handover>();
  const gone = Promise.withResolvers<void>();
  const waiting: ParentMessage[] = [];
  let droppedEarly = 0;
  let requests: HostRequests | null = null;
  let working = false;
  let handedOver = false;

  const splitter = createLineSplitter(maxMessageBytes, receive);
  socket.on("data", splitter.push);
  socket.on("error", () => {});
  socket.once("close", () => {
    first.reject(new SidecarHostError("no_channel"));
    gone.resolve();
  });
  const late = setTimeout(() => first.reject(new SidecarHostError("handover_late")), handoverDeadlineMs);
  const { launchToken, keys, origins } = await first.promise.finally(() => clearTimeout(late));

  return {
    launchToken,
    keys: new Map(Object.entries(keys).map(([id, value]) => [id, new Secret(value)])),
    origins,
    gone: gone.promise,
    ready(url, given) {
      requests = given;
      for (; droppedEarly > 0; droppedEarly -= 1) given.dropped();
      send({ type: "ready", version: protocolVersion, url });
      void work(given);
    },
  };

  function receive(line: Line): void {
    const value = line.cut ? undefined : parseLine(line.text);
    if (!handedOver) {
      handedOver = true;
      const parsed = handover.safeParse(value);
      return parsed.success ? first.resolve(parsed.data) : first.reject(new SidecarHostError("protocol"));
    }
    const parsed = parentMessage.safeParse(value);
    if (!parsed.success || waiting.length >= maxWaiting) return drop();
    // It does not wait for what was asked before.
    if (parsed.data.type === "stop" && requests !== null) return requests.stop();
    waiting.push(parsed.data);
    if (requests !== null) void work(requests);
  }

  function drop(): void {
    if (requests === null) droppedEarly += 1;
    else requests.dropped();
  }

  /** In turn: a key that comes after another one of its id is the one that stays. */
  async function work(to: HostRequests): Promise<void> {
    if (working) return;
    working = true;
    for (let message = waiting.shift(); message !== undefined; message = waiting.shift()) {
      if (message.type === "stop") to.stop();
      else {
        const outcome = await carryOut(message, to).catch((): Outcome => "request_failed");
        send({ type: "outcome", request: message.request, outcome });
      }
    }
    working = false;
  }

  function send(message: SidecarMessage): void {
    if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
  }
}

function socketOn(fd: number): Socket {
  try {
    return new Socket({ fd, readable: true, writable: true });
  } catch (cause) {
    throw new SidecarHostError("no_channel", { cause });
  }
}

async function carryOut(
  message: Exclude<ParentMessage, { type: "stop" }>,
  to: HostRequests,
): Promise<Outcome> {
  switch (message.type) {
    case "key":
      return to.setKey(message.id, message.value === null ? null : new Secret(message.value));
    case "origin-add":
      return to.addOrigin(message.origin);
    case "origin-remove":
      return to.removeOrigin(message.origin);
    default:
      return message satisfies never;
  }
}
