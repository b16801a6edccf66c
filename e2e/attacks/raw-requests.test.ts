// Requests that no client library would make: smuggled, upgraded, injected, of every method, and without end.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connect } from "node:net";

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { mint, post } from "../chat.ts";
import { send, sendBytes } from "../raw-http.ts";
import { startSidecar, type Sidecar } from "../sidecar.ts";
import {
  answersTo,
  bearer,
  createSession,
  everyPath,
  expectNoLeak,
  expectRefused,
  logLines,
  minted,
  residentMb,
} from "./target.ts";

let sidecar: Sidecar;
let host: string;

beforeAll(async () => {
  sidecar = await startSidecar({ env: { SIDEKIT_REQUESTS_PER_MINUTE: "1000" } });
  ({ host } = new URL(sidecar.url));
});
afterEach(async () => {
  expect((await fetch(`${sidecar.url}/healthz`)).status).toBe(200);
});
afterAll(() => sidecar[Symbol.asyncDispose]());

describe("S8: a request whose end two readers would see in two places", () => {
  const smuggled = "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n";
  const framings: [string, string][] = [
    ["both lengths", "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG"],
    ["two lengths", "Content-Length: 2\r\nContent-Length: 30\r\n\r\n{}"],
    ["the same length twice", "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"],
    ["lengths in a list", "Content-Length: 2, 2\r\n\r\n{}"],
    ["a signed length", "Content-Length: +2\r\n\r\n{}"],
    ["a hexadecimal length", "Content-Length: 0x2\r\n\r\n{}"],
    ["a negative length", "Content-Length: -1\r\n\r\n{}"],
    ["a folded line", "X-A: b\r\n c: d\r\nContent-Length: 2\r\n\r\n{}"],
    ["a space before the colon", "Content-Length : 2\r\n\r\n{}"],
    ["a space before the name", " Content-Length: 2\r\n\r\n{}"],
    ["NUL in a value", "X-A: b\0c\r\nContent-Length: 2\r\n\r\n{}"],
    ["bare line feeds", "X-A: b\nContent-Length: 2\n\n{}"],
    ["a bare carriage return", "X-A: b\rContent-Length: 2\r\n\r\n{}"],
    ["an unknown coding", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"],
    ["chunked, not last", "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"],
    ["chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n"],
    ["a chunk without a size", "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"],
    ["a chunk longer than its size", "Transfer-Encoding: chunked\r\n\r\n1\r\n{}}}\r\n0\r\n\r\n"],
    ["no colon", "Content-Length 2\r\n\r\n{}"],
  ];
  test.each(framings)("%s: refused, and the connection closed", async (_name, rest) => {
    const head = `POST /chatkit HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n`;
    // What is wrong only in the body may be told behind the answer to the head. The second request would be a 403.
    const statuses = await answersTo(sidecar, head + rest + smuggled);
    expect([[400], [401], [401, 400]]).toContainEqual(statuses);
  });

  test("an oversized chunk extension, and trailers", async () => {
    const head = `POST ${createSession} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
    const extended = await answersTo(sidecar, `${head}2;${"x".repeat(70_000)}\r\n{}\r\n0\r\n\r\n`);
    expect([[400], [413], [401], [431]]).toContainEqual(extended);
    const trailed = await answersTo(
      sidecar,
      `${head}2\r\n{}\r\n0\r\nAuthorization: Bearer ${sidecar.launchToken}\r\n\r\n`,
    );
    expect(trailed).toEqual([401]);
    expect(await minted(sidecar)).toBe(0);
  });

  test("requests behind one another are answered one by one, each judged by itself", async () => {
    const good = `GET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    const foreign = `GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n`;
    const last = `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    expect(await answersTo(sidecar, good + foreign + last)).toEqual([200, 403, 200]);
  });
});

describe("S7, S77: a method that is not served", () => {
  const methods = [
    "HEAD",
    "PUT",
    "PATCH",
    "DELETE",
    "TRACE",
    "PROPFIND",
    "M-SEARCH",
    "LINK",
    "QUERY",
    "PURGE",
  ];
  test.each(methods)("%s reaches nothing, and is no fault of ours", async (method) => {
    for (const path of everyPath) {
      if (method === "HEAD" && (path === "/healthz" || path === "/readyz")) continue;
      const answer = await send(sidecar, { method, path, headers: bearer(sidecar.launchToken) });
      expect([400, 401, 403, 404, 405, 415], `${method} ${path}`).toContain(answer.status);
      expect(answer.status !== 405 || answer.headers.allow !== undefined, `${method} ${path}`).toBe(true);
      expectNoLeak(answer);
    }
    expect(await minted(sidecar)).toBe(0);
  });

  test("CONNECT is cut; a method of no kind is refused", async () => {
    expect(await answersTo(sidecar, `CONNECT evil.example:443 HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).toEqual(
      [],
    );
    expect(await answersTo(sidecar, `EVIL /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).toEqual([400]);
  });

  test("S23: another method cannot be claimed beside the real one", async () => {
    for (const field of ["x-http-method-override", "x-method-override", "x-http-method"]) {
      const answer = await send(sidecar, {
        path: `${createSession}?_method=POST`,
        headers: { ...bearer(sidecar.launchToken), [field]: "POST" },
      });
      expectRefused(answer, [405]);
    }
    expect(await minted(sidecar)).toBe(0);
  });
});

describe("S10, S86, S87: an upgrade", () => {
  test.each(["websocket", "h2c", "TLS/1.2", "WebSocket, h2c"])(
    "to %s is granted on no path",
    async (protocol) => {
      for (const path of everyPath) {
        const text = await sendBytes(
          sidecar,
          `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: ${protocol}\r\n` +
            "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nSec-WebSocket-Version: 13\r\n" +
            `Sec-WebSocket-Protocol: bearer, ${sidecar.launchToken}\r\n` +
            `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
        );
        expect(text).not.toContain(" 101 ");
        expect(text).not.toContain(sidecar.launchToken);
      }
    },
  );
});

describe("S24: a body of another kind than JSON", () => {
  test.skipIf(process.platform !== "linux")("50 MiB of it are refused before they are read", async () => {
    // What the first of them costs once and for all is not what one of them costs.
    await uploadMultipart(createSession, 50);
    const before = residentMb(sidecar);
    for (const path of [createSession, "/chatkit", "/trpc/system.info,system.info?batch=1"]) {
      const answer = await uploadMultipart(path, 50);
      expect(answer).toMatch(/^HTTP\/1\.1 415 /);
    }
    expect(residentMb(sidecar) - before).toBeLessThan(8);
    expect(await minted(sidecar)).toBe(0);
  });

  test("nor by any of the names that a reader may take for JSON", async () => {
    const types = [
      "text/plain",
      "text/json",
      "application/json-patch+json",
      "application/jsonl",
      "application/json garbage",
      "application/json\t;x",
      "application/json;charset=utf-7",
      "application/json;charset=utf-8;x=y",
      "application/json, text/plain",
      "application/x-www-form-urlencoded",
      "application/octet-stream",
      "multipart/form-data",
      "*/*",
      "",
    ];
    for (const type of types) {
      for (const path of [createSession, "/chatkit"]) {
        const headers = { authorization: `Bearer ${sidecar.launchToken}`, "content-type": type };
        expectRefused(await send(sidecar, { method: "POST", path, headers, body: "{}" }), [415]);
      }
    }
    const twice = `POST ${createSession} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${sidecar.launchToken}\r\nContent-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`;
    expect([[400], [415]]).toContainEqual(await answersTo(sidecar, twice));
    expect(await minted(sidecar)).toBe(0);
  });

  async function uploadMultipart(path: string, mebibytes: number): Promise<string> {
    const { hostname, port } = new URL(sidecar.url);
    return new Promise((resolve) => {
      let text = "";
      let left = mebibytes;
      const chunk = Buffer.alloc(1_048_576, "a");
      const socket = connect(Number(port), hostname);
      const more = () => {
        while (left > 0 && !socket.destroyed) {
          left -= 1;
          socket.write(`${chunk.length.toString(16)}\r\n`);
          socket.write(chunk);
          if (!socket.write("\r\n")) {
            socket.once("drain", more);
            return;
          }
        }
        socket.end("0\r\n\r\n");
      };
      socket.setTimeout(20_000, () => socket.destroy());
      socket.on("data", (data) => (text += data));
      // A server that refuses may close before all has been sent.
      socket.on("error", () => {});
      socket.on("close", () => resolve(text));
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${sidecar.launchToken}\r\n` +
          "Content-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\n",
      );
      more();
    });
  }
});

describe("S79, S83: paths and bodies made to break a reader", () => {
  test("S79: names of procedures that are none", async () => {
    const names = [
      "__proto__",
      "constructor",
      "constructor.name",
      "toString",
      "a..b",
      ".",
      "..",
      "%25E0%25A4%25A",
      ".".repeat(4096),
      "chatSession",
      "chatSession.createSession.",
      "chatSession.__proto__.createSession",
      "chatSession/createSession",
      "chatSession%2EcreateSession%00",
      "system.info%0d%0aSet-Cookie:%20a=b",
    ];
    for (const name of names) {
      const headers = bearer(sidecar.launchToken);
      const answer = await send(sidecar, { method: "POST", path: `/trpc/${name}`, headers, body: "{}" });
      expectRefused(answer, [400, 404, 405, 414]);
      expect(answer.headers["set-cookie"]).toBeUndefined();
    }
    expect(await minted(sidecar)).toBe(0);
  });

  test.each([
    ["a megabyte of brackets", "[".repeat(1_000_000)],
    ["a megabyte of braces", '{"a":'.repeat(180_000)],
    ["a megabyte of commas", `[${",".repeat(1_000_000)}]`],
    ["a hundred thousand members", `{${Array.from({ length: 90_000 }, (_, at) => `"${at}":1`).join(",")}}`],
    ["a number of a million digits", `{"a":${"9".repeat(1_000_000)}}`],
    ["a million escapes", `{"a":"${"\\u0041".repeat(160_000)}"}`],
  ])("S83: %s is refused in no time, and holds nobody up", async (_name, body) => {
    const secret = await mint(sidecar);
    for (const path of ["/chatkit", "/trpc/chatSession.listSessions"]) {
      const token = path === "/chatkit" ? secret : sidecar.launchToken;
      const begun = performance.now();
      const refusing = post(sidecar, path, token, body);
      const healthy = fetch(`${sidecar.url}/healthz`).then(() => performance.now() - begun);
      expect([400, 405]).toContain((await refusing).status);
      expect(await healthy).toBeLessThan(500);
    }
  });

  test("S81: no key of an object reaches its prototype", async () => {
    const secret = await mint(sidecar);
    const keys = ['"__proto__"', '"prototype"', '"\\u005f_proto__"', '"__pro\\u0074o__"'];
    for (const key of keys) {
      for (const depth of [0, 5]) {
        const body = `${'{"a":'.repeat(depth)}{${key}:{"polluted":true}}${"}".repeat(depth)}`;
        expectRefused(
          await send(sidecar, { method: "POST", path: "/chatkit", headers: bearer(secret), body }),
          [400],
        );
        const asInput = `/trpc/system.info?input=${encodeURIComponent(body)}`;
        expectRefused(await send(sidecar, { path: asInput }), [400]);
        const headers = bearer(sidecar.launchToken);
        expectRefused(await send(sidecar, { method: "POST", path: createSession, headers, body }), [400]);
      }
    }
    const nested = '{"constructor":{"prototype":{"polluted":true}}}';
    const headers = bearer(sidecar.launchToken);
    expectRefused(await send(sidecar, { method: "POST", path: createSession, headers, body: nested }), [400]);
    const info = await (await fetch(`${sidecar.url}/trpc/system.info`)).text();
    expect(info).not.toContain("polluted");
  });

  test("S78: many calls in one request do not come cheaper, and createSession takes no company", async () => {
    const path = (names: string[]) => `/trpc/${names.join(",")}?batch=1`;
    const many = Array.from({ length: 11 }, () => "system.info");
    expectRefused(await send(sidecar, { path: path(many) }), [400]);
    const before = await minted(sidecar);
    for (const names of [
      ["chatSession.createSession", "chatSession.createSession"],
      ["chatSession.createSession", "chatSession.cancelSession"],
    ]) {
      const answer = await send(sidecar, {
        method: "POST",
        path: path(names),
        headers: bearer(sidecar.launchToken),
        body: '{"0":{},"1":{}}',
      });
      expectRefused(answer, [400]);
    }
    const streamed = await send(sidecar, {
      path: path(many),
      headers: { "trpc-accept": "application/jsonl", accept: "application/jsonl" },
    });
    expectRefused(streamed, [400]);
    expect(await minted(sidecar)).toBe(before);
  });

  test("S84: text and numbers that mean different things to different readers", async () => {
    const secret = await mint(sidecar);
    const bodies = [
      '{"type":"threads.list","params":{"after":"\\ud800"}}',
      '{"type":"threads.list","params":{"after":"a\\u0000b"}}',
      '{"type":"threads.list","params":{"limit":1e400}}',
      '{"type":"threads.list","params":{"limit":9007199254740993}}',
      '{"type":"threads.list","params":{"limit":-0}}',
      '{"type":"threads.list","params":{"limit":1},"params":{"limit":2}}',
      '{"type":"threads.list","params":{}} {}',
      "{'type':'threads.list','params':{}}",
      '{"type":"threads.list","params":{},}',
      '{"type":"threads.list","params":{"limit":NaN}}',
    ];
    for (const body of bodies) {
      const answer = await send(sidecar, { method: "POST", path: "/chatkit", headers: bearer(secret), body });
      expect(answer.status, body).toBe(400);
    }
  });
});

describe("S159, S162, S163: the log", () => {
  const forged = '{"level":"fatal","event":"forged"}';
  test("has one object a line, whatever names, addresses and header fields hold", async () => {
    const marker = "canary7f3a";
    const odd = [
      `/${marker}%0a${encodeURIComponent(forged)}`,
      `/${marker}%1b[2J`,
      `/${marker}%e2%80%a8x?q=${marker}`,
    ];
    for (const path of odd) {
      const answer = await send(sidecar, {
        path,
        headers: {
          "user-agent": `${marker} ${forged}`,
          referer: `http://${marker}.example/`,
          "x-request-id": `${marker}-12345678`,
          "x-forwarded-for": marker,
          "accept-language": marker,
        },
      });
      expect(answer.headers["x-request-id"]).toMatch(/^req_[0-9a-f]{32}$/);
      expectRefused(answer, [404], marker);
    }
    await sendBytes(sidecar, `GET /${marker} HTTP/1.1\r\nHost: ${marker}\r\nConnection: close\r\n\r\n`);
    const lines = logLines(sidecar);
    expect(lines.length).toBeGreaterThan(odd.length);
    expect(lines.some(({ event }) => event === "forged")).toBe(false);
    expect(sidecar.output()).not.toContain(marker);
  });
});

describe.skipIf(process.platform !== "linux")("the process, from outside", () => {
  test("S6: it listens at one address, and at no other", () => {
    const sockets = new Set(
      readdirSync(`/proc/${sidecar.pid}/fd`).flatMap((fd) => {
        try {
          return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${sidecar.pid}/fd/${fd}`))?.[1] ?? [];
        } catch {
          return [];
        }
      }),
    );
    const listening = ["tcp", "tcp6", "udp", "udp6"].flatMap((table) =>
      readFileSync(`/proc/${sidecar.pid}/net/${table}`, "utf8")
        .split("\n")
        .map((line) => line.trim().split(/\s+/))
        .filter((field) => sockets.has(field[9] ?? "") && (table.startsWith("udp") || field[3] === "0A"))
        .map((field) => `${table} ${field[1]}`),
    );
    const port = Number(new URL(sidecar.url).port).toString(16).toUpperCase().padStart(4, "0");
    expect(listening).toEqual([`tcp 0100007F:${port}`]);
  });
});
