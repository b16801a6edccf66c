// Keys of other backends: hashes in a file, each with a tenant and rights; read again when the file changes.

import { createHash, timingSafeEqual } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";

import { isOwnerName } from "@sidekit/chat-session";
import { createFileKeySource, SecretsError } from "@sidekit/secrets";
import { z } from "zod";

import { StartError } from "./start-error.ts";

const setting = "SIDEKIT_SERVICE_KEYS_FILE";
const lookEveryMs = 5000;
const startDeadlineMs = 5000;

/** `sessions`: may have sessions. `impersonate`: of its tenant's users, too. `operator`: may see keys and the audit trail. */
export const serviceRights = ["sessions", "impersonate", "operator"] as const;

const ownerName = z.string().refine(isOwnerName, "must be a name");
const serviceKeys = z.strictObject({
  keys: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
        /** SHA-256 of the whole key, in hex: it holds 256 random bits, so that nobody can try them. */
        hash: z.string().regex(/^[0-9a-f]{64}$/),
        tenant: ownerName,
        rights: z.array(z.enum(serviceRights)).min(1),
      }),
    )
    .max(32)
    .refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, "ids must differ"),
});

export type ServiceKey = z.infer<typeof serviceKeys>["keys"][number];

export type ServiceKeysObservation =
  | { readonly event: "service_keys.loaded"; readonly ids: readonly string[] }
  /** What stands in the file now is not used; the keys from before are. */
  | { readonly event: "service_keys.rejected"; readonly reason: string };

export interface ServiceKeys extends Disposable {
  /** The key that this is, or null. Takes as long for every key, and for none (S45). */
  find(key: string): ServiceKey | null;
}

export interface ServiceKeysOptions {
  readonly path: string;
  readonly observe: (observation: ServiceKeysObservation) => void;
  /** For tests; 5 s otherwise. */
  readonly lookEveryMs?: number;
}

/** Throws StartError when the file cannot be trusted or is not of the form. */
export async function openServiceKeys(options: ServiceKeysOptions): Promise<ServiceKeys> {
  const { observe } = options;
  const source = createFileKeySource({ setting, path: options.path });
  let mark = await source.mark();
  let known = await read(AbortSignal.timeout(startDeadlineMs)).catch((cause: unknown) => {
    const words = cause instanceof SecretsError ? `${cause.problem} ${cause.mend}` : String(cause);
    throw new StartError(`The service keys cannot be used. ${words}`, { cause, exitStatus: 78 });
  });
  tellLoaded();
  let rejected = mark;
  let looking = false;
  const timer = setInterval(() => {
    if (!looking) void look();
  }, options.lookEveryMs ?? lookEveryMs).unref();

  return {
    find(key) {
      const digest = createHash("sha256").update(key).digest();
      let found: ServiceKey | null = null;
      for (const candidate of known)
        if (timingSafeEqual(Buffer.from(candidate.hash, "hex"), digest)) found = candidate;
      return found;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };

  async function look(): Promise<void> {
    looking = true;
    try {
      const now = await source.mark();
      if (now === mark) return;
      // Whoever writes may not be done yet (S137).
      await wait(source.settleMs, undefined, { ref: false });
      if ((await source.mark()) !== now) return;
      try {
        known = await read(AbortSignal.timeout(startDeadlineMs));
      } catch (error) {
        const isGone = error instanceof SecretsError && error.code === "file_missing";
        if (!isGone || rejected !== now) {
          tellRejected(now, error);
          return;
        }
        // At two looks in a row: it was taken away, and with it all that it let in.
        known = [];
      }
      mark = now;
      rejected = now;
      tellLoaded();
    } finally {
      looking = false;
    }
  }

  async function read(signal: AbortSignal): Promise<readonly ServiceKey[]> {
    const text = (await source.read(signal)).reveal();
    const parsed = serviceKeys.safeParse(parseJson(text));
    if (parsed.success) return parsed.data.keys;
    throw new Error(`The file that ${setting} names is not of the form that docs/credentials.md shows.`);
  }

  /** Once for each state of the file, which is read again at each look: a lack of descriptors, say, is over some time. */
  function tellRejected(now: string | null, error: unknown): void {
    if (rejected === now) return;
    rejected = now;
    const reason = error instanceof SecretsError ? error.code : "not_of_the_form";
    observe({ event: "service_keys.rejected", reason });
  }

  function tellLoaded(): void {
    observe({ event: "service_keys.loaded", ids: known.map(({ id }) => id) });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
