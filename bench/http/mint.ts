// createSession over HTTP, as any client calls it.

import { chatSession, type ChatSession } from "@sidekit/chat-session/contract";
import type { Pool } from "undici";
import { z } from "zod";

import type { ServerProcess } from "../server-process.ts";

const path = "/trpc/chatSession.createSession";

const replySchema = z.object({ result: z.object({ data: chatSession }) });

/** Rejects unless the answer is a session by the contract. */
export async function mint(server: ServerProcess): Promise<ChatSession> {
  const response = await fetch(`${server.url}${path}`, {
    method: "POST",
    headers: headersFor(server),
    body: "{}",
    signal: AbortSignal.timeout(5_000),
  });
  return replySchema.parse(await response.json()).result.data;
}

/** Rejects unless the answer is a 200 with a client secret in it; a whole check would measure the checker. */
export async function mintOnce(pool: Pool, server: ServerProcess): Promise<void> {
  const { statusCode, body } = await pool.request({
    path,
    method: "POST",
    headers: headersFor(server),
    body: "{}",
  });
  const text = await body.text();
  if (statusCode !== 200 || !text.includes('"clientSecret":"ckss_')) {
    throw new Error(`createSession answered ${statusCode} while it was measured`);
  }
}

function headersFor(server: ServerProcess): Record<string, string> {
  return { "content-type": "application/json", authorization: `Bearer ${server.launchToken}` };
}
