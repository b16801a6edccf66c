// The parent's side of a page: asks the sidecar for what the page may have, and keeps what opens more.

import { Agent, request } from "node:http";

import { z } from "zod";

import { SidecarHostError } from "./errors.ts";
import { origin as originForm } from "./handshake.ts";
import { parseArgument } from "./options.ts";
import { currentSecretField, pageProcedures, type PageAnswer } from "./page-call.ts";
import type { Sidecar } from "./sidecar.ts";

const maxInputChars = 65_536;
const maxAnswerBytes = 262_144;

const pageCall = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("address") }),
  z.strictObject({
    kind: z.literal("procedure"),
    name: z.enum(pageProcedures),
    input: z.string().max(maxInputChars),
    currentSecret: z
      .string()
      .regex(/^[\w-]{1,256}$/)
      .nullable(),
  }),
]);

/**
 * Answers a call of a page. `origin` is the page's own, as the platform reports it and not as the page says: a session is
 * minted for this origin alone, and only while it is registered (S19, S57). Before anything is sent the sidecar proves its
 * port (S5); the launch token never leaves this process but for there.
 *
 * Rejects with SidecarHostError: `invalid_options` when the call is none that a page may make; and as `address` does.
 */
export async function answerPage(
  sidecar: Pick<Sidecar, "address">,
  origin: string,
  call: unknown,
  signal: AbortSignal,
): Promise<PageAnswer> {
  const from = parseArgument(originForm, origin);
  const asked = parseArgument(pageCall, call);
  const { url, launchToken } = await sidecar.address(signal);
  if (asked.kind === "address") return { status: 200, body: url };
  const headers = {
    authorization: `Bearer ${launchToken}`,
    "content-type": "application/json",
    origin: from,
    ...(asked.currentSecret !== null && { [currentSecretField]: asked.currentSecret }),
  };
  try {
    return await post(`${url}/trpc/${asked.name}`, headers, asked.input, signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw new SidecarHostError("port_silent", { cause });
  }
}

/** On a connection of its own, by no proxy that the environment names. */
function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<PageAnswer> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: false });
    const outgoing = request(url, { method: "POST", headers, agent, signal }, (incoming) => {
      const chunks: Buffer[] = [];
      let length = 0;
      incoming.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length > maxAnswerBytes) outgoing.destroy(new Error("The answer is too long."));
      });
      incoming.on("end", () =>
        resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
      );
      incoming.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
