// Is the process alive, and can it do its work (S173). Names and states only.

import type { FastifyInstance } from "fastify";
import fastifyPlugin from "fastify-plugin";

/** Longer than the key's own check, whose word is the better one. */
const checkDeadlineMs = 4000;

export interface Dependency {
  readonly name: string;
  /** Whether work stops without it. */
  readonly required: boolean;
  /** A word such as `ok`, `missing` or `unreachable`. A rejection reads as `down`. */
  check(signal: AbortSignal): Promise<{ readonly ok: boolean; readonly state: string }>;
}

export interface HealthOptions {
  readonly dependencies: readonly Dependency[];
  readonly draining: () => boolean;
}

const config = { credential: "none", underLoad: "served-from-reserve" } as const;

export const health = fastifyPlugin(
  async (app: FastifyInstance, options: HealthOptions) => {
    app.get("/healthz", { exposeHeadRoute: true, config }, async (_request, reply) =>
      reply.type("text/plain; charset=utf-8").send("ok\n"),
    );
    app.get("/readyz", { exposeHeadRoute: true, config }, async (_request, reply) => {
      const signal = AbortSignal.timeout(checkDeadlineMs);
      const results = await Promise.all(
        options.dependencies.map((dependency) => stateOf(dependency, signal)),
      );
      const ready = !options.draining() && results.every(({ ok, required }) => ok || !required);
      const lines = [`sidecar ${options.draining() ? "draining" : "ok"}`, ...results.map(({ line }) => line)];
      return reply
        .code(ready ? 200 : 503)
        .type("text/plain; charset=utf-8")
        .send(`${lines.join("\n")}\n`);
    });
  },
  { name: "health", dependencies: ["credentials"] },
);

async function stateOf(dependency: Dependency, signal: AbortSignal) {
  const { name, required } = dependency;
  try {
    const { ok, state } = await dependency.check(signal);
    return { ok, required, line: `${name} ${state}` };
  } catch {
    return { ok: false, required, line: `${name} down` };
  }
}
