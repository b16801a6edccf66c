import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import { carryOut, type KeychainAddon } from "../keychain/operation.ts";
import { createKeychainProcess } from "../keychain/process.ts";
import type { KeychainRequest } from "../keychain/request.ts";
import { Secret } from "../secret.ts";
import { keySourceSuite } from "./key-source.suite.ts";
import { createKeychainKeySource, writeKeychainEntry, type KeychainEntry } from "./keychain.ts";

const name = { setting: "OPENAI_API_KEY_KEYCHAIN", service: "sidekit", account: "default" };

/** The package's face over a map; an error stands for what the system says. */
function addonOver(entries: Map<string, string | Error>): KeychainAddon {
  return {
    AsyncEntry: class {
      readonly #id: string;
      constructor(service: string, account: string, { linux }: { linux: { store: string } }) {
        expect(linux.store).toBe("secret-service");
        this.#id = `${service}/${account}`;
      }
      async getPassword(): Promise<string | null> {
        const found = entries.get(this.#id) ?? null;
        if (found instanceof Error) throw found;
        return found;
      }
      async setPassword(value: string): Promise<void> {
        const found = entries.get(this.#id);
        if (found instanceof Error) throw found;
        entries.set(this.#id, value);
      }
    },
  };
}

function entryOver(entries: Map<string, string | Error>): KeychainEntry {
  return { ...name, ask: (request) => carryOut(request, async () => addonOver(entries)) };
}

keySourceSuite(async (text) => {
  const entries = new Map<string, string | Error>();
  if (text !== null) entries.set("sidekit/default", text);
  return {
    source: createKeychainKeySource(entryOver(entries)),
    replace: async (next) => {
      if (next === null) entries.delete("sidekit/default");
      else entries.set("sidekit/default", next);
    },
    [Symbol.asyncDispose]: async () => {},
  };
});

describe("S138: told apart", () => {
  test.each([
    ["No matching credential", null, "keychain_no_entry", "missing"],
    ["locked", "Secret Service: object locked", "keychain_locked", "malformed"],
    ["locked, macOS", "User interaction is not allowed.", "keychain_locked", "malformed"],
    ["denied", "Secret Service: unlock prompt was dismissed", "keychain_denied", "malformed"],
    ["denied, macOS", "User canceled the operation.", "keychain_denied", "malformed"],
    [
      "denied, password",
      "The user name or passphrase you entered is not correct.",
      "keychain_denied",
      "malformed",
    ],
    ["no back end", "No DBus session or Secret Service provider found", "keychain_unavailable", "missing"],
    ["two of a name", "Entry is matched by more than one credential", "keychain_ambiguous", "malformed"],
    ["something else", "os error 5", "keychain_failed", "malformed"],
  ] as const)("%s", async (_case, words, code, state) => {
    const held = words === null ? [] : [["sidekit/default", new Error(`${words} sk-canary`)] as const];
    const error: unknown = await createKeychainKeySource(entryOver(new Map(held)))
      .read(soon())
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code, state });
    expect(String(error)).toContain("OPENAI_API_KEY_KEYCHAIN");
    expect(String(error)).not.toContain("canary");
  });
});

describe("S184: the package that reads keychains is optional", () => {
  test("its absence is told, and asked about only when a keychain is configured", async () => {
    const absent: string = "@napi-rs/keyring-that-nobody-installed";
    const ask = (request: KeychainRequest) => carryOut(request, () => import(absent));
    const source = createKeychainKeySource({ ...name, ask });
    await expect(source.read(soon())).rejects.toMatchObject({ code: "keychain_not_installed" });
  });

  test("nothing that the entry of this package leads to loads it", async () => {
    const manifest: unknown = JSON.parse(
      await readFile(new URL("../../package.json", import.meta.url), "utf8"),
    );
    expect(manifest).toMatchObject({ peerDependenciesMeta: { "@napi-rs/keyring": { optional: true } } });
    expect(manifest).not.toHaveProperty(["dependencies", "@napi-rs/keyring"]);
    const seen = new Set<string>();
    const visit = async (url: URL): Promise<void> => {
      if (seen.has(url.href)) return;
      seen.add(url.href);
      const code = await readFile(url, "utf8");
      expect(code).not.toContain('"@napi-rs/keyring"');
      for (const [, path] of code.matchAll(/from "(\.{1,2}\/[^"]+)"/g)) await visit(new URL(path!, url));
    };
    await visit(new URL("../index.ts", import.meta.url));
    expect(seen.size).toBeGreaterThan(10);
  });
});

describe("S138: the real package, in its own process", () => {
  test("a machine without a keychain says so, and the kernel's keyring is not taken instead", async () => {
    // On Linux there is none without these variables; elsewhere it has no entry of this name.
    const ask = createKeychainProcess({});
    const account = `absent-${Date.now()}`;
    const source = createKeychainKeySource({ ...name, account, ask });
    const code = process.platform === "linux" ? "keychain_unavailable" : "keychain_no_entry";
    await expect(source.read(AbortSignal.timeout(9000))).rejects.toMatchObject({ code });
  });
});

// How a program finds the desktop's keychain can be changed on Linux alone.
describe.runIf(process.platform === "linux")("S138: a keychain that does not answer", () => {
  test("one that accepts and never answers is given up after 5 s, while this process goes on", async () => {
    const directory = await mkdtemp(join(tmpdir(), "sidekit-bus-"));
    const sockets: Socket[] = [];
    const left: Promise<unknown>[] = [];
    const bus = createServer((socket) => {
      sockets.push(socket);
      left.push(once(socket.resume(), "close"));
    }).listen(join(directory, "bus"));
    const ask = createKeychainProcess({ DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(directory, "bus")}` });
    let ticks = 0;
    const clock = setInterval(() => (ticks += 1), 20);
    const startMs = performance.now();
    const error = await createKeychainKeySource({ ...name, ask })
      .read(AbortSignal.timeout(9000))
      .catch((cause: unknown) => cause);
    clearInterval(clock);
    expect(error).toMatchObject({ code: "keychain_slow" });
    expect(performance.now() - startMs).toBeLessThan(6500);
    expect(ticks).toBeGreaterThan(100);
    // Its process has ended with it: nothing holds the connection any more.
    expect(sockets).toHaveLength(1);
    await Promise.race([Promise.all(left), sleep(2000).then(() => Promise.reject(new Error("still there")))]);
    bus.close();
    await rm(directory, { recursive: true });
  }, 15_000);

  test("S145: its process gets the variables of the desktop, and no other", async () => {
    const directory = await mkdtemp(join(tmpdir(), "sidekit-bus-"));
    const connected = Promise.withResolvers<void>();
    const bus = createServer((socket) => {
      socket.resume();
      connected.resolve();
    }).listen(join(directory, "bus"));
    const ask = createKeychainProcess({
      DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(directory, "bus")}`,
      OPENAI_API_KEY: "sk-canary-4f1c9be27d08a6535e71",
      PATH: "/canary",
    });
    const leaver = new AbortController();
    const asked = ask({ operation: "read", service: "a", account: "b" }, leaver.signal).catch(() => "left");
    await connected.promise;
    const seen = await environmentsOfChildren();
    expect(seen).toContain("DBUS_SESSION_BUS_ADDRESS");
    expect(seen).not.toMatch(/canary|PATH=/);
    leaver.abort();
    expect(await asked).toBe("left");
    bus.close();
    await rm(directory, { recursive: true });
  }, 15_000);
});

test("a key is written where it is read from", async () => {
  const entries = new Map<string, string | Error>();
  const entry = entryOver(entries);
  await writeKeychainEntry(entry, new Secret("sk-canary-4f1c9be27d08a6535e71"), soon());
  expect((await createKeychainKeySource(entry).read(soon())).reveal()).toBe("sk-canary-4f1c9be27d08a6535e71");
});

async function environmentsOfChildren(): Promise<string> {
  const found: string[] = [];
  for (const thread of await readdir("/proc/self/task")) {
    const children = await readFile(`/proc/self/task/${thread}/children`, "utf8").catch(() => "");
    for (const id of children.trim().split(" ").filter(Boolean)) {
      const command = await readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "");
      if (command.includes("keychain/child.ts"))
        found.push(await readFile(`/proc/${id}/environ`, "utf8").catch(() => ""));
    }
  }
  return found.join("\n");
}

function soon(): AbortSignal {
  return AbortSignal.timeout(2000);
}
