// Whoever reaches the port by another name, or from another page, gets nothing, whatever is asked.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { send } from "../raw-http.ts";
import { failToStart, startSidecar, type Sidecar } from "../sidecar.ts";
import { answersTo, bearer, createSession, everyPath, expectRefused, json, minted } from "./target.ts";

let sidecar: Sidecar;
let host: string;
let port: string;

beforeAll(async () => {
  sidecar = await startSidecar();
  ({ host, port } = new URL(sidecar.url));
});
afterEach(async () => {
  expect((await fetch(`${sidecar.url}/healthz`)).status).toBe(200);
  expect(await minted(sidecar)).toBe(0);
});
afterAll(() => sidecar[Symbol.asyncDispose]());

describe("S11: a foreign Host", () => {
  test.each(["GET", "POST", "OPTIONS", "HEAD", "PUT", "DELETE"])(
    "gets nothing from any path by %s, with a valid credential too",
    async (method) => {
      for (const path of everyPath) {
        const headers = { ...bearer(sidecar.launchToken), host: "evil.example" };
        const answer = await send(sidecar, { method, path, headers });
        expect(answer.status, `${method} ${path}`).toBe(403);
        const body = method === "HEAD" ? '"host_not_allowed"' : answer.text;
        expect(body).toContain('"host_not_allowed"');
        expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
      }
    },
  );

  test("cannot be made up for by what a proxy would say (S15)", async () => {
    for (const field of ["x-forwarded-host", "x-original-host", "x-host", "forwarded", "x-real-host"]) {
      const value = field === "forwarded" ? `host=${host}` : host;
      const answer = await send(sidecar, {
        path: "/readyz",
        headers: { host: "evil.example", [field]: value, "x-forwarded-for": "127.0.0.1" },
      });
      expectRefused(answer, [403], "evil.example");
    }
  });

  test("S15: what a proxy would say changes nothing, where none is trusted", async () => {
    const answer = await send(sidecar, {
      path: "/healthz",
      headers: { "x-forwarded-host": "evil.example", "x-forwarded-proto": "https", forwarded: "host=evil" },
    });
    expect(answer.status).toBe(200);
  });
});

describe("S12, S13: other spellings of our own name", () => {
  test("get nothing", async () => {
    const names = [
      `2130706433:${port}`,
      `127.1:${port}`,
      `0x7f.1:${port}`,
      `0177.0.0.1:${port}`,
      `127.0.0.1.:${port}`,
      `[::ffff:127.0.0.1]:${port}`,
      `[::1]:${port}`,
      `localhost:${port}`,
      `localhost.:${port}`,
      `user@127.0.0.1:${port}`,
      `127.0.0.1:${port}/x`,
      `127.0.0.1:${port}#x`,
      `127.0.0.1:${port},evil.example`,
      `127.0.0.1:${port} evil.example`,
      `evil.example:${port}`,
      `127.0.0.1.evil.example:${port}`,
      `evil127.0.0.1:${port}`,
      `0.0.0.0:${port}`,
      `127.0.0.2:${port}`,
      `192.168.1.1:${port}`,
      `10.0.0.1:${port}`,
      "127.0.0.1",
      "127.0.0.1:80",
      `127.0.0.1:0${port}`,
      `:${port}`,
    ];
    for (const name of names) {
      const answer = await send(sidecar, { path: "/healthz", headers: { host: name } });
      expect([400, 403], name).toContain(answer.status);
    }
    expect(await answersTo(sidecar, "GET /healthz HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n")).toEqual([
      403,
    ]);
    // Full-width digits, as bytes.
    expect(
      await answersTo(
        sidecar,
        `GET /healthz HTTP/1.1\r\nHost: \u{ff11}\u{ff12}\u{ff17}.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
      ),
    ).toEqual([403]);
  });

  test("but for the case of its letters, which means nothing", async () => {
    const answer = await send(sidecar, { path: "/healthz", headers: { host: host.toUpperCase() } });
    expect(answer.status).toBe(200);
  });
});

describe("S9: a request that names two hosts, or none", () => {
  const get = (target: string, fields: string, version = "1.1") =>
    answersTo(sidecar, `GET ${target} HTTP/${version}\r\n${fields}Connection: close\r\n\r\n`);

  test("two Host fields", async () => {
    for (const second of [host, "evil.example"]) {
      expect([[400], [403]]).toContainEqual(await get("/healthz", `Host: ${host}\r\nHost: ${second}\r\n`));
    }
  });
  test("none in HTTP/1.1, none in HTTP/1.0", async () => {
    expect(await get("/healthz", "")).toEqual([400]);
    const old = await get("/healthz", "", "1.0");
    expect([[400], [403]]).toContainEqual(old);
  });
  test("a target with an authority of its own", async () => {
    for (const target of [
      `http://evil.example/healthz`,
      `http://${host}@evil.example/`,
      "evil.example:443",
    ]) {
      const [status] = await get(target, `Host: ${host}\r\n`);
      expect([400, 403], target).toContain(status);
    }
    expect((await get(`http://${host}/healthz`, "Host: evil.example\r\n"))[0]).toBe(403);
  });
  test("two Origin fields, two Authorization fields", async () => {
    const [origin] = await get(
      "/healthz",
      `Host: ${host}\r\nOrigin: ${sidecar.url}\r\nOrigin: ${sidecar.url}\r\n`,
    );
    expect([400, 403]).toContain(origin);
    const twice = `Authorization: Bearer a\r\nAuthorization: Bearer ${sidecar.launchToken}\r\n`;
    expect(await get("/trpc/system.info", `Host: ${host}\r\n${twice}`)).toEqual([400]);
  });
});

describe("S17: a page that may not call", () => {
  test("gets nothing from any path, and no permission to read", async () => {
    for (const path of everyPath) {
      for (const method of ["GET", "POST", "OPTIONS"]) {
        const answer = await send(sidecar, {
          method,
          path,
          headers: {
            ...bearer(sidecar.launchToken),
            origin: "https://evil.example",
            "access-control-request-method": "POST",
            "access-control-request-private-network": "true",
          },
        });
        expectRefused(answer, [403], "evil.example");
        for (const field of Object.keys(answer.headers)) expect(field).not.toMatch(/^access-control-/);
        expect(answer.headers.vary).toContain("Origin");
      }
    }
  });

  test("cannot look like one that may", async () => {
    const origins = [
      "null",
      "file://",
      `http://localhost:${port}`,
      `https://127.0.0.1:${port}`,
      "http://127.0.0.1",
      `http://127.0.0.1:${port}/`,
      `http://127.0.0.1:${port}.evil.example`,
      `http://127.0.0.1:${port}@evil.example`,
      `http://evil.example#${sidecar.url}`,
      `${sidecar.url} `.trimEnd() + "0",
      `HTTP://127.0.0.1:${port}`,
      `http://[::ffff:127.0.0.1]:${port}`,
      `${sidecar.url}, https://evil.example`,
      "vscode-webview://evil",
      "chrome-extension://abcdefghijklmnop",
    ];
    for (const origin of origins) {
      const headers = { ...bearer(sidecar.launchToken), origin };
      const answer = await send(sidecar, { method: "POST", path: createSession, headers, body: "{}" });
      expect(answer.status, origin).toBe(403);
    }
  });
});

describe("S18: a request that a browser makes for another site, without an Origin", () => {
  test.each([
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" },
    { "sec-fetch-site": "none", "sec-fetch-mode": "navigate" },
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
  ])("%o", async (fields) => {
    for (const path of everyPath.filter((path) => path !== "/")) {
      const answer = await send(sidecar, { path, headers: fields as Record<string, string> });
      expect([403], `${path} ${answer.text.slice(0, 80)}`).toContain(answer.status);
    }
  });
});

test("S21: our own page may ask, for as long as was agreed, and with no cookies", async () => {
  const answer = await send(sidecar, {
    method: "OPTIONS",
    path: "/chatkit",
    headers: {
      origin: sidecar.url,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type",
    },
  });
  expect(answer.status).toBe(204);
  expect(answer.headers["access-control-allow-origin"]).toBe(sidecar.url);
  expect(answer.headers["access-control-allow-credentials"]).toBeUndefined();
  expect(Number(answer.headers["access-control-max-age"])).toBeLessThanOrEqual(600);
  expect(answer.headers["access-control-allow-headers"]).not.toContain("*");
});

test("S14: names with patterns stop the start, and are not repeated", async () => {
  const cases = [
    ["SIDEKIT_ALLOWED_HOSTS", "*.canary.example"],
    ["SIDEKIT_ALLOWED_HOSTS", ".canary.example"],
    ["SIDEKIT_ALLOWED_HOSTS", "canary.example/path"],
    ["SIDEKIT_ALLOWED_HOSTS", "user@canary.example"],
    ["SIDEKIT_ALLOWED_ORIGINS", "https://*.canary.example"],
    ["SIDEKIT_ALLOWED_ORIGINS", "null"],
    ["SIDEKIT_ALLOWED_ORIGINS", "https://canary.example/path"],
    ["SIDEKIT_ALLOWED_ORIGINS", "*"],
  ] as const;
  const failed = await Promise.all(cases.map(([name, value]) => failToStart({ [name]: value })));
  failed.forEach(({ status, stderr }, at) => {
    expect(status).toBe(78);
    expect(stderr).toContain(cases[at]![0]);
    expect(stderr).not.toContain("canary");
  });
});

test("S3: clients are given the address that is listened on, and no name for it", async () => {
  expect(sidecar.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const answer = await send(sidecar, { path: "/trpc/system.info", headers: json });
  expect(answer.text).not.toContain("localhost");
});
