// The chat element as built, for pages of every allowed origin: one script to name, and the parts that it loads.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply } from "fastify";

import { EdgeError } from "../errors.ts";

export interface ElementRoutesOptions {
  /** What the build left. Without it the script answers that it has not been built. */
  readonly distDir: string;
}

const entries = ["sidekit-chat.js", "index.js", "client.js"];

export async function elementRoutes(app: FastifyInstance, options: ElementRoutesOptions): Promise<void> {
  const config = { credential: "none" } as const;
  const isBuilt = existsSync(join(options.distDir, "sidekit-chat.js"));
  if (isBuilt)
    await app.register(fastifyStatic, {
      root: options.distDir,
      serve: false,
      dotfiles: "ignore",
      preCompressed: true,
    });
  for (const entry of entries) {
    app.get(`/element/${entry}`, { config }, async (_request, reply) => {
      if (!isBuilt) throw new EdgeError("ui_not_built");
      // Asked for each time, and answered with 304 while it stays: an entry that is older than this server names parts
      // which are no longer there.
      return send(reply, entry, "no-cache");
    });
  }
  if (!isBuilt) return;
  const parts = new Set(readdirSync(join(options.distDir, "parts")));
  app.get<{ Params: { file: string } }>("/element/parts/:file", { config }, async ({ params }, reply) => {
    if (!parts.has(params.file)) throw new EdgeError("not_found");
    // Hashed names: a changed file has another address.
    return send(reply, `parts/${params.file}`, "public, max-age=31536000, immutable");
  });
}

function send(reply: FastifyReply, file: string, cacheControl: string): FastifyReply {
  return reply.header("cache-control", cacheControl).sendFile(file, { cacheControl: false });
}
