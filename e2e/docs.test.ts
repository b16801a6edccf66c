import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { createChatSessionClient } from "@sidekit/chat-session/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { answerText, events, message, mint } from "./chat.ts";
import { run, type Ran } from "./child-process.ts";
import {
  anchors,
  blocksOf,
  codeBlocks,
  isSidekitLine,
  markdownFiles,
  relativeLinks,
  root,
} from "./doc-examples.ts";
import { startSidecar, type Sidecar } from "./sidecar.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

const examplesDir = join(import.meta.dirname, ".examples");
const listenDeadlineMs = 10_000;
/** Needs a clone and the package registry: fresh-clone.test.ts has `npm start`, `npm test` is what runs this. */
const startLine = /^(git clone .*|(OPENAI_API_KEY=sk-… )?npm (start|test)|Sidekit ready at .*)$/;
/** The sidecar's conformance.test.ts runs that command, and holds its lines to their form. */
const conformanceLine = /^(pnpm conformance .*|fail sqlite .*)$/;

/** Held to the repository's commands by supply-chain.test.ts. */
const supplyChainLine = /^pnpm (?:build|audit .*)$/;

/** What surrounds a TypeScript example. */
interface Example {
  /** File, and which of its `ts` blocks. */
  readonly of: readonly [file: string, number: number];
  /** Declares the names that the reader is to bring. */
  readonly before?: string;
  /** Uses what the example has made. */
  readonly after?: string;
  /** What is another address or port here. */
  readonly instead?: () => readonly (readonly [written: string, here: string])[];
}

/** Takes what the hook of this name takes, and hands it back: there is no page here. */
const hook = `
function useChatKit<Options extends Parameters<typeof import("@openai/chatkit-react").useChatKit>[0]>(options: Options) {
  return { control: options };
}
`;
const askThroughControl = `
const answer = await control.api.fetch(control.api.url, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify((await import("../chat.ts")).message("Hello")),
});
console.log(await answer.text());
`;

const examples = {
  "page.ts": {
    of: ["README.md", 0],
    before: `${hook}const launchToken = process.env["TEST_LAUNCH_TOKEN"] ?? "";`,
    after: `${askThroughControl}console.log(session.profile);`,
    instead: () => [["http://127.0.0.1:4310", sidecar.url]],
  },
  "router.ts": {
    of: ["README.md", 1],
    before: `declare const service: import("@sidekit/chat-session").SessionService;
declare const app: import("fastify").FastifyInstance;
declare const whoAsks: (request: FastifyRequest) => import("@sidekit/chat-session").IssuerAuthority;`,
  },
  "ui.ts": {
    of: ["packages/chat-session/README.md", 0],
    before: `${hook}const accessToken = process.env["TEST_LAUNCH_TOKEN"] ?? "";
const shown: unknown[] = [];
const show = (snapshot: unknown) => shown.push(snapshot);`,
    after: `${askThroughControl}console.log(JSON.stringify(shown));`,
    instead: () => [['"/trpc"', `"${sidecar.url}/trpc"`]],
  },
  "mount.ts": { of: ["packages/chat-session/README.md", 1], instead: () => [["port: 3000", "port: 0"]] },
  "chatkit.ts": { of: ["packages/chatkit/README.md", 0] },
  "key.ts": {
    of: ["packages/secrets/README.md", 0],
    instead: () => [["https://api.openai.com/v1", upstream.baseUrl]],
  },
  "host.ts": {
    of: ["packages/sidecar-host/README.md", 0],
    before: `const keyFromKeychain = () => process.env["TEST_KEY"] ?? "";
const anotherKey = () => process.env["TEST_OTHER_KEY"] ?? "";`,
    instead: () => [
      ['"/opt/app/sidekit/apps/sidecar/src/main.ts"', sidecarEntry],
      ['SIDEKIT_DATA_DIR: "/home/ann/.local/share/app"', sidecarVariables],
    ],
  },
  "electron-main.ts": {
    of: ["docs/desktop.md", 0],
    before: `const storedKey = (): string | null => process.env["TEST_KEY"] ?? null;
const pageFile = (path: string) => new Response(path);`,
    after: `
const { standIn } = await import("../desktop/electron-stand-in.ts");
const mint = { kind: "procedure", name: "chatSession.createSession", input: "{}", currentSecret: null };
const frame = (origin: string) => ({ origin, parent: null });
console.log(await standIn.callFrom(frame(origin), mint));
for (const from of [frame("https://evil.example"), { origin, parent: frame(origin) }]) {
  console.log(await standIn.callFrom(from, mint).catch((failure: Error) => failure.message));
}
console.log(standIn.loaded);
await standIn.quit();
console.log(sidecar.state.kind);
`,
    instead: () => [
      ['"electron"', '"../desktop/electron-stand-in.ts"'],
      ['join(shipped, "apps/sidecar/src/main.ts")', sidecarEntry],
      ['join(shipped, "bin/node")', "process.execPath"],
      ['const shipped = join(process.resourcesPath, "sidekit");', ""],
      ['SIDEKIT_DATA_DIR: join(app.getPath("userData"), "sidekit")', sidecarVariables],
    ],
  },
  "electron-preload.ts": {
    of: ["docs/desktop.md", 1],
    instead: () => [['"electron"', '"../desktop/electron-stand-in.ts"']],
  },
  "extension.ts": {
    of: ["docs/desktop.md", 3],
    before: "const chatPage = (webview: vscode.Webview) => webview.cspSource;",
    after: `
const { standIn } = vscode;
await activate(standIn.context);
await standIn.run("sidekit.open");
const mint = { kind: "procedure", name: "chatSession.createSession", input: "{}", currentSecret: null };
const webview = "vscode-webview://0a1b2c";
console.log(await standIn.say({ id: 1, origin: webview, call: mint }));
console.log(await standIn.say({ id: 2, origin: "vscode-webview://another", call: mint }));
await standIn.store("sidekit.key", process.env["TEST_KEY"] ?? "");
console.log(await standIn.say({ id: 3, origin: webview, call: { kind: "address" } }));
await standIn.closePanel();
for (const part of standIn.context.subscriptions) await part.dispose();
`,
    instead: () => [
      ['"vscode"', '"../desktop/vscode-stand-in.ts"'],
      ['context.asAbsolutePath("sidekit/apps/sidecar/src/main.ts")', sidecarEntry],
      ['context.asAbsolutePath("sidekit/bin/node")', "process.execPath"],
      ["SIDEKIT_DATA_DIR: context.globalStorageUri.fsPath", sidecarVariables],
    ],
  },
  "webview.ts": {
    of: ["docs/desktop.md", 4],
    before: "declare function acquireVsCodeApi(): { postMessage(message: unknown): void };",
  },
  "responder.ts": { of: ["docs/responders/README.md", 0] },
  "model-responder.ts": {
    of: ["docs/responders/README.md", 1],
    instead: () => [["../src/responders.ts", "../../apps/sidecar/src/responders.ts"]],
  },
  "access-token.ts": {
    of: ["docs/credentials.md", 0],
    before: `import { createChatSessionClient } from "@sidekit/chat-session/client";
declare const auth: { getAccessToken(): Promise<string> };`,
    after: "export { chat };",
  },
  "session-events.ts": {
    of: ["docs/sessions.md", 0],
    before: `
const chat = (await import("@sidekit/chat-session/client")).createChatSessionClient({
  url: process.env["TEST_URL"] + "/trpc",
  issuerCredential: () => process.env["TEST_LAUNCH_TOKEN"] ?? "",
});
const { signal } = new AbortController();
const showSignedOut = () => {
  console.log("signed out");
  process.exit();
};
setTimeout(async () => chat.cancelSession({ sessionId: (await chat.createSession()).id }), 500);
`,
  },
  "upload.ts": {
    of: ["docs/attachments.md", 0],
    after: `
const chatKitUrl = process.env["TEST_CHATKIT_URL"] ?? "";
const file = new File(["Hello"], "notes.txt", { type: "text/plain" });
console.log(await upload(chatKitUrl, process.env["TEST_CLIENT_SECRET"] ?? "", file));
`,
  },
  "fill-form.ts": {
    of: ["docs/responders/form-filling.md", 3],
    before: `${hook}declare const chat: import("@sidekit/chat-session/client").ChatSessionClient;
declare const fillIn: (fields: Record<string, unknown>) => string[];`,
  },
  "element.tsx": {
    of: ["packages/chatkit-element/README.md", 0],
    before: "declare const authorizedFetch: typeof fetch;",
    after: "export { Chat };",
  },
  "plain-element.ts": {
    of: ["docs/element.md", 0],
    before: "declare const authorizedFetch: typeof fetch;",
  },
  "chat-client.ts": {
    of: ["packages/chatkit-element/README.md", 1],
    before: `
const authorizedFetch: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers);
  headers.set("authorization", "Bearer " + process.env["TEST_CLIENT_SECRET"]);
  return fetch(input, { ...init, headers });
};`,
    after: `
while (chat.getState().conversation.run !== null) await new Promise((later) => setTimeout(later, 10));
console.log(JSON.stringify(chat.getState().conversation.entries));`,
    instead: () => [["http://127.0.0.1:4310/chatkit", sidecar.url + "/chatkit"]],
  },
} as const satisfies Record<string, Example>;

/** Pages that quote a file: their blocks are in it, word for word. */
const quoted: Readonly<Record<string, readonly string[]>> = {
  "docs/desktop.md": ["e2e/desktop/page.ts"],
  "docs/responders/support-desk.md": ["apps/sidecar/responders/support-desk.ts"],
  "docs/responders/research-assistant.md": ["apps/sidecar/responders/research-assistant.ts"],
  "docs/responders/form-filling.md": ["apps/sidecar/responders/form-filling.ts"],
  "docs/from-agent-builder.md": [
    "packages/chatkit/test/agent-builder-export/support.ts",
    "packages/chatkit/test/agent-builder-export/desk.ts",
  ],
};
/** Where the examples of a parent process find the sidecar here, and what it needs to run here. */
const sidecarEntry = JSON.stringify(join(root, "apps/sidecar/src/main.ts"));
const sidecarVariables = `SIDEKIT_DATA_DIR: process.env["TEST_DATA_DIR"] ?? "",
    OPENAI_BASE_URL: process.env["TEST_BASE_URL"] ?? "",
    SIDEKIT_ALLOW_ROOT: "yes"`;
/** Compared with its source by responder-reference.test.ts. */
const generated = ["docs/responders/reference.md"];

let upstream: Upstream;
let sidecar: Sidecar;
let dataDir: string;

beforeAll(async () => {
  upstream = await startUpstream({ apiKey: `sk-proj-${"d0c5".repeat(8)}` });
  sidecar = await startSidecar({
    env: { OPENAI_API_KEY: upstream.apiKey, OPENAI_BASE_URL: upstream.baseUrl },
  });
  dataDir = mkdtempSync(join(tmpdir(), "sidekit-docs-"));
  rmSync(examplesDir, { recursive: true, force: true });
  mkdirSync(examplesDir);
  for (const [name, example] of Object.entries<Example>(examples)) {
    writeFileSync(join(examplesDir, name), sourceOf(example));
  }
});
afterAll(async () => {
  rmSync(examplesDir, { recursive: true, force: true });
  rmSync(dataDir, { recursive: true, force: true });
  await sidecar[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

test("every relative link leads somewhere", () => {
  const links = markdownFiles().flatMap((file) =>
    relativeLinks(file).map((target) => {
      const [path = "", anchor] = target.split("#");
      const leadsTo = path === "" ? file : join(dirname(file), path);
      return { file, target, leadsTo, anchor };
    }),
  );
  const broken = links.filter(
    ({ leadsTo, anchor }) =>
      !existsSync(join(root, leadsTo)) || (anchor !== undefined && !anchors(leadsTo).includes(anchor)),
  );
  expect(broken).toEqual([]);
  expect(links.length).toBeGreaterThan(10);
});

test("no example is left out", () => {
  const known = Object.values<Example>(examples).map(({ of }) => of.join(" "));
  expect(known.toSorted()).toEqual(
    markdownFiles()
      .filter((file) => !generated.includes(file))
      .flatMap((file) =>
        blocksOf(file, "ts").flatMap((code, number) => (isQuoted(file, code) ? [] : `${file} ${number}`)),
      )
      .toSorted(),
  );
  const tagged = markdownFiles().flatMap((file) =>
    codeBlocks(file).map(({ language }) => `${file} ${language}`),
  );
  expect(tagged.filter((block) => !/ (ts)?$/.test(block))).toEqual([
    // Run by integrate-snippets.browser.test.ts.
    "README.md html",
    // Run by conversation.test.ts.
    "README.md sh",
    "docs/attachments.md json",
    "docs/attachments.md json",
    // Held to its form by issuers.test.ts of the sidecar.
    "docs/credentials.md json",
    "docs/keys.md json",
    // Run by server.test.ts.
    "docs/server.md ini",
    "docs/server.md nginx",
    "docs/settings.md json",
    "packages/chat-session/README.md sh",
    // The address is held to by element-routes.test.ts of the sidecar.
    "packages/chatkit-element/README.md html",
  ]);
  const pictures = ["docs/architecture.md"];
  const lines = markdownFiles()
    .filter((file) => !pictures.includes(file))
    .flatMap((file) => blocksOf(file, ""))
    .flatMap((code) => code.trim().split("\n"));
  const forms = [startLine, conformanceLine, supplyChainLine];
  expect(lines.filter((line) => !isSidekitLine(line) && !forms.some((form) => form.test(line)))).toEqual([]);
});

test("the examples compile", async () => {
  writeFileSync(
    join(examplesDir, "tsconfig.json"),
    JSON.stringify({
      extends: "../../tsconfig.base.json",
      compilerOptions: {
        types: ["node"],
        jsx: "react-jsx",
        lib: ["es2024", "esnext.disposable", "dom", "dom.iterable", "dom.asynciterable"],
      },
      include: ["*"],
    }),
  );
  const tsc = join(import.meta.dirname, "node_modules/typescript/bin/tsc");
  const compiled = await run(process.execPath, [tsc, "--project", examplesDir]);
  expect(compiled, compiled.stdout).toMatchObject({ status: 0, stdout: "" });
});

test.each(["mount.ts", "chatkit.ts"] as const)("%s finds its packages where it is to be saved", (name) => {
  const imported = [...sourceOf(examples[name]).matchAll(/from "((?:@[^"/]+\/)?[^"/]+)/g)].map(
    ([, packageName = ""]) => packageName,
  );
  const { dependencies } = JSON.parse(readFileSync(join(root, "apps/sidecar/package.json"), "utf8"));
  const installed = Object.keys(dependencies);
  expect(imported.filter((packageName) => !packageName.startsWith("node:")).length).toBeGreaterThan(0);
  expect(
    imported.filter((packageName) => !packageName.startsWith("node:") && !installed.includes(packageName)),
  ).toEqual([]);
});

describe("the examples run", () => {
  test("README.md, in a page: a session, and an answer through what the component gets", async () => {
    const ran = await runExample("page.ts", { TEST_LAUNCH_TOKEN: sidecar.launchToken });
    expect(answerText(events(ran.stdout))).toContain("The last one says: Hello");
    expect(ran.stdout.trim().split("\n").at(-1)).toBe("default");
  });

  test("packages/chatkit-element, without the element: a message is sent, followed and complete", async () => {
    const ran = await runExample("chat-client.ts", { TEST_CLIENT_SECRET: await mint(sidecar) });
    expect(ran.stdout).toMatch(/\nanswering 1\n/);
    expect(ran.stdout).toMatch(/\nanswered 2\n/);
    expect(JSON.parse(ran.stdout.trim().split("\n").at(-1) ?? "")).toMatchObject([
      { item: { type: "user_message" }, phase: "done" },
      {
        item: { type: "assistant_message", content: [{ text: expect.stringContaining("Hello") }] },
        phase: "done",
      },
    ]);
  });

  test("packages/chat-session, in a page: the same, and who watches the session is told", async () => {
    const ran = await runExample("ui.ts", { TEST_LAUNCH_TOKEN: sidecar.launchToken });
    expect(answerText(events(ran.stdout))).toContain("The last one says: Hello");
    expect(JSON.parse(ran.stdout.trim().split("\n").at(-1)!)).toMatchObject([
      { profile: "default", expiresAtMs: expect.any(Number) },
    ]);
  });

  test("packages/chat-session, in a server: it mints for its own users, and for nobody else", async () => {
    await using server = await startMount();
    const { url, accessToken } = server;
    const chat = createChatSessionClient({ url: `${url}/trpc`, issuerCredential: () => accessToken });
    expect(await chat.createSession()).toMatchObject({
      clientSecret: expect.stringMatching(/^ckss_/),
      profile: "default",
      api: { kind: "self-hosted", url: "https://chat.example.com/chatkit" },
    });
    expect((await chat.system.info()).profiles).toMatchObject([{ name: "default" }]);
    const stranger = createChatSessionClient({ url: `${url}/trpc`, issuerCredential: () => "another" });
    await expect(stranger.createSession()).rejects.toMatchObject({ appCode: "unauthenticated", status: 401 });

    const [shell = ""] = blocksOf("packages/chat-session/README.md", "sh");
    expect(shell).toContain("http://127.0.0.1:3000");
    const curled = await run("bash", ["-euc", shell.replace("http://127.0.0.1:3000", url)], {
      env: { ACCESS_TOKEN: accessToken },
    });
    expect(JSON.parse(curled.stdout).result.data.clientSecret).toMatch(/^ckss_/);
    expect((await chat.listSessions()).data).toHaveLength(2);
    expect(server.stderr()).toContain('"event":"session.created"');
    expect(server.stderr()).not.toMatch(/ck[bs]s_/);
  });

  test("docs/attachments.md: with its profile, a file is uploaded and can be attached", async () => {
    const [profile = ""] = blocksOf("docs/attachments.md", "json");
    const config = join(dataDir, "sidekit.config.json");
    writeFileSync(config, profile);
    await using own = await startSidecar({ env: { SIDEKIT_CONFIG: config } });
    const chat = createChatSessionClient({ url: `${own.url}/trpc`, issuerCredential: () => own.launchToken });
    const { clientSecret, features } = await chat.createSession();
    expect(features.fileUpload).toEqual({ enabled: true, maxFileSizeMb: 10, maxFiles: 4 });
    const { stdout } = await runExample("upload.ts", {
      TEST_CHATKIT_URL: `${own.url}/chatkit`,
      TEST_CLIENT_SECRET: clientSecret,
    });
    const attachment = stdout.trim();
    expect(attachment).toMatch(/^atc_/);
    const asked = message("Look");
    Object.assign(asked.params.input, { attachments: [attachment] });
    const answer = await fetch(`${own.url}/chatkit`, {
      method: "POST",
      headers: { authorization: `Bearer ${clientSecret}`, "content-type": "application/json" },
      body: JSON.stringify(asked),
    });
    expect(await answer.text()).toContain(`"attachments":[{"type":"file","id":"${attachment}"`);
  });

  test("docs/sessions.md: who follows the sessions is told of a cancel", async () => {
    const ran = await runExample("session-events.ts", {
      TEST_URL: sidecar.url,
      TEST_LAUNCH_TOKEN: sidecar.launchToken,
    });
    expect(ran.stdout).toBe("signed out\n");
  });

  test("docs/keys.md: a profile with a key of its own starts, and the key is looked at where it says", async () => {
    const [config = ""] = blocksOf("docs/keys.md", "json");
    const keyFile = join(dataDir, "research-key");
    writeFileSync(keyFile, upstream.apiKey, { mode: 0o600 });
    writeFileSync(join(dataDir, "keys.json"), config.replace("/run/secrets/research-key", keyFile));
    await using own = await startSidecar({
      env: { SIDEKIT_CONFIG: join(dataDir, "keys.json"), OPENAI_BASE_URL: upstream.baseUrl },
    });
    const chat = createChatSessionClient({ url: `${own.url}/trpc`, issuerCredential: () => own.launchToken });
    const { keys } = await chat.apiKeys.verify();
    expect(keys.find(({ id }) => id === "research")).toMatchObject({
      purpose: "Deep research",
      state: "valid",
    });
  });

  test("packages/chatkit: one thread is made and echoed", async () => {
    const { stdout } = await runExample("chatkit.ts");
    expect(events(stdout).map(({ type }) => type)).toEqual([
      "thread.created",
      "thread.item.done",
      "stream_options",
      "thread.item.done",
    ]);
    expect(answerText(events(stdout))).toBe("Hello");
    expect(existsSync(join(dataDir, "threads.sqlite"))).toBe(true);
  });

  test("packages/secrets: a key that works, then one that is refused; neither is shown", async () => {
    const keyFile = join(dataDir, "openai.key");
    const refused = `sk-proj-${"0bad".repeat(8)}`;
    const outcomes = [];
    for (const key of [upstream.apiKey, refused]) {
      writeFileSync(keyFile, `${key}\n`, { mode: 0o600 });
      outcomes.push(await runExample("key.ts"));
    }
    const [valid, invalid] = outcomes;
    expect(valid?.stdout).toMatch(/state: 'valid'[^]*\n\[secret\]\n$/);
    expect(invalid?.stdout).toMatch(/state: 'invalid'[^]*mend: 'Create a new key/);
    for (const { stdout, stderr } of outcomes) {
      for (const key of [upstream.apiKey, refused]) expect(stdout + stderr).not.toContain(key);
    }
    expect(upstream.requestsTo("models.list").at(-1)?.headers.authorization).toBe(`Bearer ${refused}`);
  });

  describe("a parent process", () => {
    const own = () => ({
      TEST_DATA_DIR: mkdtempSync(join(dataDir, "parent-")),
      TEST_BASE_URL: upstream.baseUrl,
      TEST_KEY: upstream.apiKey,
    });

    test("packages/sidecar-host: a sidecar is spawned, asked, given another key and closed", async () => {
      const { stdout, stderr } = await runExample("host.ts", { ...own(), TEST_OTHER_KEY: upstream.apiKey });
      expect(stdout).toBe("200\n");
      expect(stderr).toMatch(/^starting\n[^]*\nrunning\n[^]*\nclosing\n[^]*\nclosed\n$/);
      expect(stdout + stderr).not.toContain(upstream.apiKey);
    });

    test("docs/desktop.md, Electron: its own page gets a session, a foreign frame nothing, and the end is clean", async () => {
      const { stdout } = await runExample("electron-main.ts", own());
      expect(stdout).toMatch(/status: 200[^]*ckss_/);
      expect(stdout.match(/^Not for this frame\.$/gm)).toHaveLength(2);
      expect(stdout).toMatch(/\[ 'app:\/\/chat\/' \]\nclosed\n$/);
      expect(stdout).not.toMatch(/ckbs_/);
    });

    test("docs/desktop.md, an editor: the webview gets a session, another origin on its panel nothing", async () => {
      const { stdout } = await runExample("extension.ts", own());
      const [minted, refused, address] = stdout.split(/^(?=\{ id: \d)/m);
      expect(minted).toMatch(/^\{ id: 1[^]*status: 200[^]*ckss_|^\{\n  id: 1[^]*status: 200[^]*ckss_/);
      expect(refused).toMatch(/id: 2, answer: null/);
      expect(address).toMatch(/http:\/\/127\.0\.0\.1:\d+/);
    });
  });

  test("docs/settings.md: the profiles of the file can be asked for", async () => {
    const [config = ""] = blocksOf("docs/settings.md", "json");
    expect(existsSync(join(root, JSON.parse(config).$schema))).toBe(true);
    writeFileSync(join(dataDir, "sidekit.config.json"), config);
    await using configured = await startSidecar({
      env: {
        SIDEKIT_CONFIG: join(dataDir, "sidekit.config.json"),
        OPENAI_API_KEY: upstream.apiKey,
        OPENAI_BASE_URL: upstream.baseUrl,
      },
    });
    const chat = createChatSessionClient({
      url: `${configured.url}/trpc`,
      issuerCredential: () => configured.launchToken,
    });
    const names = (await chat.system.info()).profiles.map(({ name }) => name);
    expect(names).toEqual(["default", ...Object.keys(JSON.parse(config).profiles)]);
    expect((await chat.createSession({ profile: "support" })).limits.maxRequestsPerMinute).toBe(20);
    expect((await chat.createSession({ profile: "workflow" })).api).toEqual({ kind: "hosted" });
    expect(upstream.sessions().at(-1)?.workflow.id).toBe("wf_0123456789");
  });
});

function isQuoted(file: string, code: string): boolean {
  return (quoted[file] ?? []).some((source) => readFileSync(join(root, source), "utf8").includes(code));
}

function sourceOf({ of: [file, number], before = "", after = "", instead }: Example): string {
  let code = blocksOf(file, "ts")[number] ?? "";
  for (const [written, here] of instead?.() ?? []) {
    if (!code.includes(written)) throw new Error(`The example of ${file} does not say ${written}.`);
    code = code.replaceAll(written, here);
  }
  return [before, code, after].join("\n");
}

async function runExample(name: keyof typeof examples, env: Record<string, string> = {}): Promise<Ran> {
  const ran = await run(process.execPath, [join(examplesDir, name)], { cwd: dataDir, env });
  expect(ran.status, ran.stderr).toBe(0);
  return ran;
}

/** The server of packages/chat-session, once it has said where it listens. */
async function startMount() {
  const child = spawn(process.execPath, [join(examplesDir, "mount.ts")], {
    env: { PATH: process.env["PATH"] },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += chunk));
  const ended = once(child, "close");
  const late = setTimeout(() => child.kill("SIGKILL"), listenDeadlineMs);
  let stdout = "";
  for await (const chunk of child.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    stdout += chunk;
    if (stdout.includes("\n")) break;
  }
  clearTimeout(late);
  const [, url, accessToken] = /^(http:\/\/127\.0\.0\.1:\d+) ([\w-]+)\n$/.exec(stdout) ?? [];
  if (url === undefined || accessToken === undefined)
    throw new Error(`It did not start.\n${stdout}\n${stderr}`);
  return {
    url,
    accessToken,
    stderr: () => stderr,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
