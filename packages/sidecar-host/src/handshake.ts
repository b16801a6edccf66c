// What goes over the channel: one JSON object to a line, each checked where it arrives (S139).

import { z } from "zod";

/** Both ends are of one version, or there is no sidecar. */
export const protocolVersion = 1;
/** S139. */
export const maxMessageBytes = 65_536;
/** S19. */
export const maxOrigins = 16;
const maxKeys = 32;
const maxKeyLength = 1024;

export const keyId = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/);
/** What a page sends as its Origin: scheme and authority, exactly, of any scheme but `file:`, which sends none (S20). */
export const origin = z
  .string()
  .max(256)
  .regex(/^(?!file:)[a-z][a-z0-9+.-]*:\/\/[a-z0-9[][a-z0-9.:[\]_-]*$/);
export const launchToken = z.string().regex(/^ckbs_[0-9A-Za-z]{49}$/);
export const keyValue = z.string().min(1).max(maxKeyLength);
const request = z.int().min(1);

/** First, and once. */
export const handover = z.strictObject({
  type: z.literal("start"),
  version: z.literal(protocolVersion),
  launchToken,
  keys: z.record(keyId, keyValue).refine((keys) => Object.keys(keys).length <= maxKeys),
  origins: z.array(origin).max(maxOrigins),
});

/** From then on. Null takes the key away. */
export const parentMessage = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("key"), request, id: keyId, value: keyValue.nullable() }),
  z.strictObject({ type: z.literal("origin-add"), request, origin }),
  z.strictObject({ type: z.literal("origin-remove"), request, origin }),
  z.strictObject({ type: z.literal("stop") }),
]);

/** What became of a request. */
export const outcome = z.enum([
  "done",
  "key_not_configured",
  "key_not_taken",
  "too_many_origins",
  "request_failed",
]);

/** Never with a secret in it (S139). */
export const sidecarMessage = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("ready"),
    version: z.literal(protocolVersion),
    url: z.string().regex(/^http:\/\/127\.0\.0\.1:[1-9]\d{0,4}$/),
  }),
  z.strictObject({ type: z.literal("outcome"), request, outcome }),
]);

export type Handover = z.infer<typeof handover>;
export type ParentMessage = z.infer<typeof parentMessage>;
export type SidecarMessage = z.infer<typeof sidecarMessage>;
export type Outcome = z.infer<typeof outcome>;

type Requested = Exclude<ParentMessage, { type: "stop" }>;
type Unnumbered<One> = One extends Requested ? Omit<One, "request"> : never;
/** What a parent asks for, and the sidecar confirms. */
export type Change = Unnumbered<Requested>;

/** The value of a line, or undefined when it is no JSON. */
export function parseLine(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
