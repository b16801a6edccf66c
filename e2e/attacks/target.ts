// The built product as an attacker meets it, and what every refusal of it must look like.

import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

import { expect } from "vitest";

import { sendBytes, type RawAnswer } from "../raw-http.ts";
import type { Sidecar } from "../sidecar.ts";

export const createSession = "/trpc/chatSession.createSession";

/** A path of every route, of none, and of shapes that a router may stumble over. */
export const everyPath = [
  "/",
  "/healthz",
  "/readyz",
  "/trpc/system.info",
  "/trpc/system.doctor",
  createSession,
  "/trpc/system.info,system.info?batch=1",
  "/chatkit",
  `/chatkit/runs/run_${"0".repeat(22)}`,
  "/attachments",
  `/attachments/${"A".repeat(40)}`,
  `/doctor/visits/${"A".repeat(43)}`,
  "/assets/none.js",
  "/no/such/path",
  "/trpc/%E0%A4%A",
  "//evil.example/healthz",
  "/%2e%2e/%2e%2e/etc/passwd",
] as const;

/** Of a request that carries no body. */
export const json = { "content-type": "application/json" };

export const bearer = (token: string) => ({ ...json, authorization: `Bearer ${token}` });

/** Refused with this status, in the one form that errors have, with nothing of what was sent in it. */
export function expectRefused(answer: RawAnswer, statuses: readonly number[], marker?: string): void {
  expect(statuses, answer.text).toContain(answer.status);
  expectNoLeak(answer, marker);
}

/** No stack, no path, no module, no version, nothing of what was sent. */
export function expectNoLeak(answer: RawAnswer, marker?: string): void {
  const all = `${JSON.stringify(answer.headers)}\n${answer.text}`;
  expect(all).not.toMatch(/\n\s+at |node_modules|\.ts:\d|"stack"|ENOENT|fastify|x-powered-by|"server"/i);
  if (marker !== undefined) expect(all).not.toContain(marker);
}

/** Every answer that comes back on a connection to which these bytes were written, until it is closed. */
export async function answersTo(sidecar: Sidecar, bytes: string): Promise<number[]> {
  const text = await sendBytes(sidecar, bytes);
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

/** The log so far, each line by itself. Throws if a line is not one JSON object. */
export function logLines(sidecar: Sidecar): Record<string, unknown>[] {
  return sidecar
    .output()
    .replace(/^Sidekit ready at .*\n/m, "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** How many sessions have been minted. */
export async function minted(sidecar: Sidecar): Promise<number> {
  // Lines are gathered for a few milliseconds before they are written.
  await setTimeout(50);
  return logLines(sidecar).filter(({ event }) => event === "session.created").length;
}

/** Resident memory of the process, in MiB. Linux alone. */
export function residentMb(sidecar: Sidecar): number {
  const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${sidecar.pid}/status`, "utf8")) ?? [];
  return Number(kb) / 1024;
}
