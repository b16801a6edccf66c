// The set-up of docs/server.md: a sidecar behind nginx with TLS.

import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request, type RequestOptions } from "node:https";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { launchBrowser, hasChromium } from "./browser.ts";
import { answerText, events, message } from "./chat.ts";
import { run } from "./child-process.ts";
import { blocksOf } from "./doc-examples.ts";
import { hasNginx, prepareNginx, publicName, type Nginx } from "./nginx.ts";
import { startSidecar, type Sidecar } from "./sidecar.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

const cli = join(import.meta.dirname, "../apps/cli/src/main.ts");
/** The public name, where there is no DNS. */
const resolver = join(tmpdir(), `sidekit-resolver-${process.pid}.mjs`);

test("nginx is there, or this is no CI", () => {
  expect(hasNginx || process.env["CI"] !== "true").toBe(true);
});

describe.skipIf(!hasNginx)("behind nginx", () => {
  let upstream: Upstream;
  let nginx: Nginx;
  let sidecar: Sidecar;
  let origin: string;

  beforeAll(async () => {
    writeFileSync(
      resolver,
      `import dns from "node:dns";
const lookup = dns.lookup;
dns.lookup = (name, ...rest) => lookup(name === "${publicName}" ? "127.0.0.1" : name, ...rest);`,
    );
    upstream = await startUpstream();
    nginx = await prepareNginx();
    origin = `https://${publicName}:${nginx.port}`;
    sidecar = await startSidecar({
      env: {
        SIDEKIT_TRUSTED_PROXIES: settingsOfUnit()["SIDEKIT_TRUSTED_PROXIES"]!,
        SIDEKIT_ALLOWED_HOSTS: `${publicName}:${nginx.port}`,
        OPENAI_API_KEY: upstream.apiKey,
        OPENAI_BASE_URL: upstream.baseUrl,
        NODE_EXTRA_CA_CERTS: nginx.certificateFile,
      },
      nodeArguments: [...optionsOfUnit(), "--import", resolver],
    });
    await nginx.start(Number(new URL(sidecar.url).port));
  });
  afterAll(async () => {
    await nginx[Symbol.asyncDispose]();
    await sidecar[Symbol.asyncDispose]();
    await upstream[Symbol.asyncDispose]();
    rmSync(resolver, { force: true });
  });

  test("the doctor finds Host, Origin, forwarded fields and streams as they should be", async () => {
    // The doctor's own requests go to the address in the ready line's place: through nginx.
    const ran = await run(
      process.execPath,
      ["--import", resolver, cli, "doctor", "--url", origin, "--json"],
      {
        env: { SIDEKIT_LAUNCH_TOKEN: sidecar.launchToken, NODE_EXTRA_CA_CERTS: nginx.certificateFile },
      },
    );
    expect(ran.status, ran.stdout + ran.stderr).toBe(0);
    const { findings } = JSON.parse(ran.stdout) as {
      findings: { check: string; status: string; what: string }[];
    };
    const found = findings.filter(({ check }) => check === "public address");
    expect(found.map(({ status }) => status)).toEqual(["ok", "ok", "ok"]);
    expect(found.map(({ what }) => what).join("\n")).toMatch(
      /arrive here, with Host and Origin as they were sent[^]*trusted to name the client's address[^]*not held back/,
    );
  });

  test("S15, S163: the client's address and the request's id are nginx's word, not the client's", async () => {
    const answer = await send("/trpc/system.info", {
      headers: { "x-forwarded-for": "203.0.113.9", "x-request-id": "chosen-by-the-client" },
    });
    expect(answer.statusCode).toBe(200);
    await text(answer);
    const requestId = String(answer.headers["x-request-id"]);
    expect(requestId).toMatch(/^[0-9a-f]{32}$/);
    const line = () =>
      sidecar
        .output()
        .split("\n")
        .find((it) => it.includes('"event":"request"') && it.includes(requestId));
    await expect.poll(line).toBeDefined();
    const logged = JSON.parse(line()!) as { ip: string };
    expect(logged.ip).toBe("127.0.0.0/24");
    expect(sidecar.output()).not.toMatch(/203\.0\.113|chosen-by-the-client/);
  });

  test("S11: another name gets no certificate, and a Host field that lies no answer", async () => {
    await expect(send("/", { servername: "other.example.com" })).rejects.toThrow(
      /alert|unrecognized|EPROTO/i,
    );
    await expect(send("/healthz", { headers: { host: "evil.example" } })).rejects.toThrow(
      /hang up|ECONNRESET/,
    );
  });

  test("S98: an answer's events come through as they are made", async () => {
    const secret = await mint();
    const answer = await send("/chatkit", { method: "POST", headers: bearer(secret) }, message("Hello"));
    expect(answer.headers["content-type"]).toMatch(/^text\/event-stream/);
    expect(answer.headers["strict-transport-security"]).toBe("max-age=31536000");
    expect(answerText(events(await text(answer)))).toContain("The last one says: Hello");
  });

  test("a page that goes away is noticed behind the proxy too", async () => {
    const secret = await mint();
    const answer = await send(
      "/chatkit",
      { method: "POST", headers: bearer(secret) },
      message("Hello again"),
    );
    const runId = String(answer.headers["x-sidekit-run-id"]);
    await once(answer, "data");
    answer.destroy();
    await expect
      .poll(() =>
        sidecar
          .output()
          .split("\n")
          .filter((line) => line.includes(runId) && line.includes("stream.closed")),
      )
      .toHaveLength(1);
  });

  test("S8: more than nginx takes is refused there, and what it takes is judged by the sidecar", async () => {
    const secret = await mint();
    const large = await send(
      "/chatkit",
      { method: "POST", headers: bearer(secret) },
      { type: "threads.list", params: { padding: "x".repeat(2_000_000) } },
    );
    expect(large.statusCode).toBe(413);
    expect(JSON.parse(await text(large))).toMatchObject({ error: { code: "payload_too_large" } });
  });

  test("S86: an upgrade is refused through the proxy as well", async () => {
    const answer = await send("/trpc", {
      headers: { connection: "upgrade", upgrade: "websocket", "sec-websocket-version": "13" },
    });
    expect(answer.statusCode).not.toBe(101);
    await text(answer);
  });

  test.skipIf(!hasChromium)("a page in a browser chats over https, with nothing of it blocked", async () => {
    const browser = await launchBrowser({ names: [publicName] });
    try {
      const page = await browser.newPage({ ignoreHTTPSErrors: true });
      const complaints: string[] = [];
      page.on("console", (entry) => {
        if (entry.type() === "error") complaints.push(entry.text());
      });
      await page.goto(`${origin}/#launch=${sidecar.launchToken}`);
      const composer = page.getByRole("textbox", { name: /message/i });
      await composer.fill("Through the proxy");
      await composer.press("Enter");
      await page.getByText("The last one says: Through the proxy").first().waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  test("buffering that is switched on again is found by the doctor", async () => {
    await using held = await prepareNginx();
    await using own = await startSidecar({
      env: {
        SIDEKIT_ALLOWED_HOSTS: `${publicName}:${held.port}`,
        SIDEKIT_TRUSTED_PROXIES: "127.0.0.1",
        NODE_EXTRA_CA_CERTS: held.certificateFile,
      },
      nodeArguments: ["--import", resolver],
    });
    await held.start(Number(new URL(own.url).port), (site) =>
      site
        .replace("proxy_http_version 1.1;", "proxy_http_version 1.0;")
        .replace("proxy_buffering off;", "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;"),
    );
    const ran = await run(
      process.execPath,
      ["--import", resolver, cli, "doctor", "--url", `https://${publicName}:${held.port}`],
      { env: { SIDEKIT_LAUNCH_TOKEN: own.launchToken, NODE_EXTRA_CA_CERTS: held.certificateFile } },
    );
    expect(ran.status, ran.stdout).toBe(1);
    expect(ran.stdout).toMatch(/^broken .*holds streams back/m);
  });

  async function mint(): Promise<string> {
    const answer = await send(
      "/trpc/chatSession.createSession",
      { method: "POST", headers: bearer(sidecar.launchToken) },
      {},
    );
    return JSON.parse(await text(answer)).result.data.clientSecret;
  }

  async function send(path: string, options: RequestOptions = {}, body?: object): Promise<IncomingMessage> {
    const outgoing = request({
      host: "127.0.0.1",
      port: nginx.port,
      servername: publicName,
      ca: nginx.certificate,
      path,
      timeout: 20_000,
      ...options,
      headers: { host: `${publicName}:${nginx.port}`, ...options.headers },
    });
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
    return incoming;
  }
});

describe("the unit of docs/server.md", () => {
  test("names settings that there are, and a program that is there", async () => {
    const { OPENAI_API_KEY_FILE: file, ...settings } = settingsOfUnit();
    expect(file).toBe("/etc/sidekit/openai.key");
    expect(Object.keys(settings)).toEqual(["SIDEKIT_TRUSTED_PROXIES"]);
    await using sidecar = await startSidecar({ env: settings, nodeArguments: optionsOfUnit() });
    expect((await fetch(`${sidecar.url}/healthz`)).status).toBe(200);
  });
});

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}`, "content-type": "application/json" };
}

/** But those that a test has to choose. */
function settingsOfUnit(): Record<string, string> {
  const [unit = ""] = blocksOf("docs/server.md", "ini");
  const settings = Object.fromEntries(
    [...unit.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );
  delete settings["SIDEKIT_DATA_DIR"];
  delete settings["SIDEKIT_ALLOWED_HOSTS"];
  return settings;
}

function optionsOfUnit(): string[] {
  const [unit = ""] = blocksOf("docs/server.md", "ini");
  const [, options = ""] = /^ExecStart=\/usr\/bin\/node (.*) apps\/sidecar\/src\/main\.ts$/m.exec(unit) ?? [];
  return options.split(" ").filter((option) => option !== "");
}
