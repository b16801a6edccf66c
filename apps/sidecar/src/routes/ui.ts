// The page and its files, as built. The launch token travels in the fragment of the address, which never gets here.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

import { EdgeError } from "../errors.ts";

export interface UiRoutesOptions {
  /** What the build left. Without it the page answers that it has not been built. */
  readonly distDir: string;
}

export async function uiRoutes(app: FastifyInstance, options: UiRoutesOptions): Promise<void> {
  const page = { config: { credential: "none", navigable: true, page: true } } as const;
  if (!existsSync(join(options.distDir, "index.html"))) {
    app.get("/", page, async () => {
      throw new EdgeError("ui_not_built");
    });
    return;
  }
  const assets = new Set(readdirSync(join(options.distDir, "assets")));
  await app.register(fastifyStatic, {
    root: options.distDir,
    serve: false,
    dotfiles: "ignore",
    preCompressed: true,
  });
  app.get("/", page, async (_request, reply) =>
    reply.header("cache-control", "no-cache").sendFile("index.html", { cacheControl: false }),
  );
  app.get<{ Params: { file: string } }>(
    "/assets/:file",
    { config: { credential: "none" } },
    async (request, reply) => {
      const { file } = request.params;
      if (!assets.has(file)) throw new EdgeError("not_found");
      // Hashed names: a changed file has another address.
      void reply.header("cache-control", "public, max-age=31536000, immutable");
      return reply.sendFile(`assets/${file}`, { cacheControl: false });
    },
  );
}
