// The least that answers createSession over tRPC: bare Fastify, the stock adapter, the same schemas, 32 random bytes and
// one map insert. No credential, no limit, no check of where the request comes from.

import { randomBytes, randomUUID } from "node:crypto";

import { chatSession, createSessionInput, type ChatSession } from "@sidekit/chat-session/contract";
import { initTRPC } from "@trpc/server";
import { fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import { fastify } from "fastify";

const ttlSeconds = 600;
const sessions = new Map<string, string>();

const t = initTRPC.create();
const router = t.router({
  chatSession: t.router({
    createSession: t.procedure.input(createSessionInput).output(chatSession).mutation(createSession),
  }),
});

const app = fastify();
await app.register(fastifyTRPCPlugin, { prefix: "/trpc", trpcOptions: { router } });
const url = await app.listen({ host: "127.0.0.1", port: 0 });
process.stdout.write(`ready at ${url}\n`);
process.once("SIGTERM", () => void app.close());

function createSession(): ChatSession {
  const clientSecret = `ckss_${randomBytes(32).toString("base64url")}`;
  const id = `cksess_${randomUUID().replaceAll("-", "")}`;
  sessions.set(clientSecret, id);
  const now = Date.now();
  return {
    id,
    clientSecret,
    status: "active",
    expiresAt: new Date(now + ttlSeconds * 1000).toISOString(),
    refreshAt: new Date(now + (ttlSeconds - 60) * 1000).toISOString(),
    expiresIn: ttlSeconds,
    refreshIn: ttlSeconds - 60,
    profile: "default",
    limits: { maxRequestsPerMinute: 10 },
    features: {
      automaticThreadTitling: true,
      fileUpload: { enabled: false, maxFileSizeMb: 25, maxFiles: 10 },
      history: { enabled: true, recentThreads: null },
    },
    api: { kind: "self-hosted", url: `${url}/chatkit`, domainKey: "local-dev", uploadStrategy: null },
  };
}
