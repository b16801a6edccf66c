import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const firstStartDeadlineMs = 120_000;
const secondStartDeadlineMs = 5_000;
const readyLine = /^Sidekit ready at (http:\/\/\S+)\/#launch=(\S+)$/m;

/** The environment the tests were started from: its Node, not the one that runs them. */
function outerEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|TEST_|NODE_|npm_|TURBO_|SIDEKIT_|OPENAI_)/.test(name),
  );
  return { ...Object.fromEntries(kept), PATH: process.env["TEST_OUTER_PATH"] ?? process.env["PATH"] };
}

async function npmStart(folder: string, deadlineMs: number) {
  const startedAt = performance.now();
  const child = spawn("npm", ["start"], {
    cwd: folder,
    env: { ...outerEnvironment(), SIDEKIT_PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let stdout = "";
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += chunk));
  const ready = await new Promise<RegExpExecArray>((resolve, reject) => {
    const late = setTimeout(() => {
      process.kill(-child.pid!, "SIGKILL");
      reject(new Error(`npm start took too long\n${stdout}\n${stderr}`));
    }, deadlineMs);
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
      const line = readyLine.exec(stdout);
      if (line === null) return;
      clearTimeout(late);
      resolve(line);
    });
    child.once("close", () => {
      clearTimeout(late);
      reject(new Error(`npm start ended\n${stdout}\n${stderr}`));
    });
  });
  return {
    url: ready[1]!,
    launchToken: ready[2]!,
    elapsedMs: performance.now() - startedAt,
    stderr: () => stderr,
    /** Ctrl-C in a terminal: the whole group gets it. Resolves when all of them have ended. */
    async interrupt(): Promise<void> {
      const closed = once(child, "close");
      process.kill(-child.pid!, "SIGINT");
      await closed;
    },
  };
}

// Downloads the runtime and every package, so it is CI's to run.
describe.skipIf(process.env["CI"] !== "true")("a fresh clone", () => {
  test("npm start gets ready, serves the page and a session, ends on Ctrl-C, and is quick the second time", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sidekit-clone-"));
    try {
      execFileSync("git", ["clone", "--quiet", root, folder]);
      const first = await npmStart(folder, firstStartDeadlineMs);
      console.log(`first npm start: ${Math.round(first.elapsedMs)} ms`);
      expect(first.stderr()).toContain("Installing packages");
      const page = await fetch(`${first.url}/`);
      expect(page.status).toBe(200);
      expect(await page.text()).toContain("<script");
      const session = await fetch(`${first.url}/trpc/chatSession.createSession`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${first.launchToken}` },
        body: "{}",
      });
      expect(session.status).toBe(200);
      await first.interrupt();
      // The sidecar's own last word; npm itself ends by the signal.
      expect(first.stderr()).toMatch(/"event":"stop"\}\s*$/);

      const second = await npmStart(folder, secondStartDeadlineMs);
      console.log(`second npm start: ${Math.round(second.elapsedMs)} ms`);
      await second.interrupt();
      expect(second.stderr()).toMatch(/"event":"stop"\}\s*$/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 300_000);
});
