import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createChatSessionClient } from "@sidekit/chat-session/client";
import { afterAll, beforeAll, expect, test } from "vitest";

import { run } from "./child-process.ts";
import { blocksOf, isSidekitLine, markdownFiles, root } from "./doc-examples.ts";
import { startSidecar, type Sidecar } from "./sidecar.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

const lines = markdownFiles()
  .flatMap((file) => blocksOf(file, ""))
  .flatMap((code) => code.split("\n"))
  .filter(isSidekitLine)
  .map((line) => line.replace(/\s+#.*/, ""));

/** What each command says on standard output; the first that a line contains counts. */
const answers: readonly (readonly [command: string, says: RegExp])[] = [
  ["sidekit chat --local", /built-in demo/],
  ["sidekit chat --profile research-assistant", /an example without a model/],
  ["sidekit chat", /^The upstream received 1 input message\. The last one says: (Hello|Sum this up)\n$/],
  ["sidekit session create", /^ckss_[0-9A-Za-z]{49}\n$/],
  ["sidekit session list", /^cksess_\S+ {2}active {2}local {2}default {2}\S+\n/],
  ["sidekit session cancel-all", /^[1-9]\d* cancelled\n$/],
  ["sidekit session cancel", /^cksess_\S+ {2}cancelled\n$/],
  ["sidekit keys set", /^[0-9a-f]{12}\n$/],
  ["sidekit keys", /^upstream {2}OPENAI_API_KEY_FILE {2}[0-9a-f]{12} {2}valid/],
  ["sidekit service-key create", /^cksv_[0-9A-Za-z]{49}\n$/],
  ["sidekit audit", /Z {2}session\.created /],
  ["sidekit doctor", /^ok +The API key works/m],
];

let upstream: Upstream;
let sidecar: Sidecar;
let dataDir: string;
let keyFile: string;

beforeAll(async () => {
  upstream = await startUpstream();
  dataDir = mkdtempSync(join(tmpdir(), "sidekit-docs-"));
  keyFile = join(dataDir, "openai.key");
  writeFileSync(keyFile, upstream.apiKey, { mode: 0o600 });
  sidecar = await startSidecar({
    env: { OPENAI_API_KEY_FILE: keyFile, OPENAI_BASE_URL: upstream.baseUrl },
  });
});
afterAll(async () => {
  rmSync(dataDir, { recursive: true, force: true });
  await sidecar[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

test("each command has an example", () => {
  for (const [command] of answers) expect(lines.join("\n")).toContain(command);
});

test.each([...new Set(lines)])("%s", async (line) => {
  const chat = createChatSessionClient({
    url: `${sidecar.url}/trpc`,
    issuerCredential: () => sidecar.launchToken,
  });
  const { id } = await chat.createSession();
  const says = answers.find(([command]) => line.includes(command))?.[1];
  expect(says).toBeDefined();
  const real = line
    .replace("http://127.0.0.1:4310", sidecar.url)
    .replace("cksess_…", id)
    .replace("openai.key", keyFile);
  const ran = await run("bash", ["-euc", real], {
    cwd: root,
    env: {
      SIDEKIT_LAUNCH_TOKEN: `Sidekit ready at ${sidecar.url}/#launch=${sidecar.launchToken}`,
      SIDEKIT_DATA_DIR: dataDir,
      OPENAI_BASE_URL: upstream.baseUrl,
    },
    input: line.includes("sidekit keys") ? upstream.apiKey : "Hello\n",
  });
  expect(ran.status, ran.stderr).toBe(0);
  expect(ran.stdout).toMatch(says!);
});

test("npm alone runs the command line too, as the READMEs say", async () => {
  for (const file of ["README.md", "apps/cli/README.md"]) {
    expect(readFileSync(join(root, file), "utf8")).toContain("`npm run -s sidekit --` for");
  }
  const ran = await run("npm", ["run", "-s", "sidekit", "--", "--help"], { cwd: root, env: {} });
  expect(ran.status, ran.stderr).toBe(0);
  expect(ran.stdout).toContain("sidekit chat");
});
