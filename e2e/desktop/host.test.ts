// A parent process and the real sidecar: what is handed over and what is not, who may call, and whose port it is.

import { createHmac } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

import { fingerprint } from "@sidekit/secrets";
import { Secret } from "@sidekit/sidecar-host";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { message } from "../chat.ts";
import { send } from "../raw-http.ts";
import { startSidecar, type Sidecar as Address } from "../sidecar.ts";
import { replaceByImpostor } from "./impostor.ts";
import {
  addressOf,
  codeOf,
  keyA,
  keyB,
  pidOf,
  soon,
  startParent,
  webview,
  type ParentFixture,
} from "./parent-fixture.ts";
import { sidecarEntry } from "./parent.ts";

const listThreads = '{"type":"threads.list","params":{}}';

let parent: ParentFixture;
beforeEach(async () => {
  parent = await startParent();
});
afterEach(() => parent[Symbol.asyncDispose]());

describe("what is handed over", () => {
  test("S2, S34, S135: neither key nor launch token is in the environment, the arguments, the output or a file", async () => {
    const sidecar = await parent.start({ origins: [webview] });
    const pid = pidOf(sidecar);
    const { launchToken, url } = await sidecar.address(soon());
    await parent.keyInUse(sidecar);
    await sidecar.setKey("upstream", new Secret(keyB), soon());
    await parent.keyInUse(sidecar);
    const ofProcess = ["environ", "cmdline", "status", "maps"].map((name) =>
      readFileSync(`/proc/${pid}/${name}`, "latin1"),
    );
    expect(ofProcess[0]?.split("\0").filter(Boolean).toSorted()).toEqual(
      Object.entries({
        ...parent.settings,
        SIDEKIT_HOST: "127.0.0.1",
        SIDEKIT_PORT: "0",
        SIDEKIT_HANDOFF_FD: "3",
        OPENAI_API_KEY_HANDOFF: "1",
      })
        .map((pair) => pair.join("="))
        .toSorted(),
    );
    expect(ofProcess[1]?.split("\0")).toEqual([process.execPath, sidecarEntry, ""]);
    await sidecar.close();
    const written = readdirSync(parent.dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
    expect(written.length).toBeGreaterThan(1);
    const output = parent.lines.map(({ text }) => text).join("\n");
    for (const secret of [keyA, keyB, launchToken, keyA.slice(8), launchToken.slice(5)]) {
      for (const text of [...ofProcess, ...written, output]) expect(text).not.toContain(secret);
    }
    // The port is the parent's to know.
    expect(parent.lines.filter(({ stream }) => stream === "stdout")).toEqual([]);
    expect(output).not.toContain(new URL(url).port);
    expect(output).toContain(fingerprint(new Secret(keyB)));
  });

  test("S145: no program that the sidecar starts inherits the channel", async () => {
    await using sidecar = await parent.start();
    const pid = pidOf(sidecar);
    expect(readlinkSync(`/proc/${pid}/fd/3`)).toMatch(/^socket:/);
    const [, flags = "0"] = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/3`, "utf8")) ?? [];
    const closeOnExec = 0o2000000;
    expect(Number.parseInt(flags, 8) & closeOnExec).toBe(closeOnExec);
  });

  test("S139, S147: a new key is in use from the moment it is confirmed; a bad one is refused, and the former stays", async () => {
    await using sidecar = await parent.start();
    expect(await parent.keyInUse(sidecar)).toBe(`Bearer ${keyA}`);
    await sidecar.setKey("upstream", new Secret(keyB), soon());
    expect(await parent.keyInUse(sidecar)).toBe(`Bearer ${keyB}`);
    expect(await codeOf(sidecar.setKey("upstream", new Secret("sk-your-key-goes-here"), soon()))).toBe(
      "key_not_taken",
    );
    expect(await codeOf(sidecar.setKey("other", new Secret(keyA), soon()))).toBe("key_not_configured");
    expect(await parent.keyInUse(sidecar)).toBe(`Bearer ${keyB}`);
    expect(parent.events().map(({ event }) => event)).toContain("key.rotated");
  });

  test("S148: a key that comes later, and one that is taken away", async () => {
    await using sidecar = await parent.start({
      keys: { upstream: null },
      environment: { ...parent.settings, SIDEKIT_KEY_REMOVED_SECONDS: "0" },
    });
    const address = await addressOf(sidecar);
    const readiness = async () => (await send(address, { path: "/readyz" })).text;
    expect(await readiness()).toContain("key missing");
    await sidecar.setKey("upstream", new Secret(keyA), soon());
    expect(await readiness()).toContain("key valid");
    await sidecar.setKey("upstream", null, soon());
    await expect.poll(readiness, { timeout: 8000 }).toContain("key missing");
  });

  test("S137: 20 keys at once end with the last one", async () => {
    await using sidecar = await parent.start();
    const keys = Array.from(
      { length: 20 },
      (_, at) => `sk-proj-${String(at).padStart(4, "0")}1c9be27d08A6535e71`,
    );
    await Promise.all(keys.map((key) => sidecar.setKey("upstream", new Secret(key), soon())));
    expect(await parent.keyInUse(sidecar)).toBe(`Bearer ${keys.at(-1)}`);
  });
});

describe("the origin of a page", () => {
  const ask = (address: Address, origin: string, path: string, bearer: string, body: string) =>
    send(address, {
      method: "POST",
      path,
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json", origin },
      body,
    });

  test("S19: may call while it is registered; afterwards its sessions and its open streams are over", async () => {
    await using sidecar = await parent.start({ closeDeadlineMs: 500 });
    const address = await addressOf(sidecar);
    const create = "/trpc/chatSession.createSession";
    const mintFor = (origin: string) => ask(address, origin, create, address.launchToken, "{}");
    expect((await mintFor(webview)).status).toBe(403);
    await sidecar.addOrigin(webview, soon());
    const minted = await mintFor(webview);
    expect(minted.status).toBe(200);
    expect(minted.headers["access-control-allow-origin"]).toBe(webview);
    expect((await mintFor(`${webview}x`)).status).toBe(403);
    const secret = JSON.parse(minted.text).result.data.clientSecret;
    expect((await ask(address, webview, "/chatkit", secret, listThreads)).status).toBe(200);

    parent.upstream.answerNext("responses.create", { kind: "hang" });
    const asked = parent.upstream.requestsTo("responses.create").length;
    const began = ask(address, webview, "/chatkit", secret, JSON.stringify(message("Hello")));
    const ended = began.then(
      () => "answered",
      () => "cut",
    );
    await parent.upstream.received("responses.create", asked + 1);
    const removedAt = performance.now();
    await sidecar.removeOrigin(webview, soon());
    await ended;
    expect(performance.now() - removedAt).toBeLessThan(5000);
    await expect
      .poll(parent.events)
      .toContainEqual(expect.objectContaining({ event: "session.revoked", reason: "origin-removed" }));
    expect((await ask(address, webview, "/chatkit", secret, listThreads)).status).toBe(403);
    // Registered again it begins anew: what was revoked stays so.
    await sidecar.addOrigin(webview, soon());
    expect((await ask(address, webview, "/chatkit", secret, listThreads)).status).toBe(401);
    expect((await mintFor(webview)).status).toBe(200);
  });

  test("S20: a page from a file has none; it is refused, and the log says once how to mend that", async () => {
    await using sidecar = await parent.start({ origins: [webview] });
    const address = await addressOf(sidecar);
    for (let time = 0; time < 3; time += 1) {
      expect((await ask(address, "null", "/chatkit", "x", listThreads)).status).toBe(403);
    }
    const explained = () => parent.events().filter(({ event }) => event === "origin.null");
    await expect
      .poll(explained)
      .toEqual([expect.objectContaining({ mend: expect.stringContaining("not from a file") })]);
    expect(await codeOf(sidecar.addOrigin("null", soon()))).toBe("invalid_options");
  });
});

describe("the owner of the port", () => {
  test("S5: proves itself with what only parent and child know; nobody else can ask for anything with it", async () => {
    await using sidecar = await parent.start();
    const address = await addressOf(sidecar);
    const nonce = Buffer.alloc(32, 7).toString("base64url");
    const answer = await send(address, { path: `/host/proof/${nonce}` });
    expect(answer.status).toBe(200);
    const expected = createHmac("sha256", address.launchToken)
      .update("sidecar")
      .update(Buffer.alloc(32, 7))
      .digest("base64url");
    expect(JSON.parse(answer.text)).toEqual({ proof: expected });
    for (const wrong of ["short", `${nonce}A`, `${nonce.slice(0, 42)}!`, ""]) {
      expect((await send(address, { path: `/host/proof/${wrong}` })).status).toBe(404);
    }
    expect(
      (await send(address, { path: `/host/proof/${nonce}`, headers: { origin: "https://evil.example" } }))
        .status,
    ).toBe(403);
  });

  test("S5: a foreign process that took the port is found out, and receives a random number and nothing else", async () => {
    const sidecar = await parent.start({ restart: null });
    const { url, launchToken } = await sidecar.address(soon());
    using impostor = replaceByImpostor(pidOf(sidecar), url);
    expect(sidecar.state.kind).toBe("running");
    expect(await codeOf(sidecar.address(soon()))).toBe("port_not_ours");
    const told = impostor.told();
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^\["GET","\/host\/proof\/[\w-]{43}",/);
    expect(told[0]).not.toMatch(/authorization|ckbs_/);
    expect(told[0]).not.toContain(launchToken);
    await sidecar.close();
  });

  test("a sidecar that nobody started in this way has no such address", async () => {
    await using own = await startSidecar();
    const nonce = Buffer.alloc(32, 7).toString("base64url");
    expect((await send(own, { path: `/host/proof/${nonce}` })).status).toBe(404);
  });
});
