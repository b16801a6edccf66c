import { expect, test } from "vitest";

import { startApp } from "./fixture.ts";

const always = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "origin-agent-cluster": "?1",
  "referrer-policy": "no-referrer",
  vary: expect.stringMatching(/^Origin\b/),
  "x-content-type-options": "nosniff",
  "x-dns-prefetch-control": "off",
  "x-download-options": "noopen",
  "x-frame-options": "SAMEORIGIN",
  "x-permitted-cross-domain-policies": "none",
  "x-xss-protection": "0",
};
const page =
  "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;font-src 'self';connect-src 'self';" +
  "base-uri 'none';form-action 'none';frame-ancestors 'none'";
const data = "default-src 'none';base-uri 'none';frame-ancestors 'none'";

test.each([
  { path: "/", policy: page },
  { path: "/healthz", policy: data },
  { path: "/nothing-here", policy: data },
  { path: "/chatkit", policy: data },
])("$path says to a browser what it may do (S21, S25)", async ({ path, policy }) => {
  await using app = await startApp();
  const response = await fetch(app.url + path, { signal: AbortSignal.timeout(10_000) });
  await response.body?.cancel();
  const headers = Object.fromEntries(response.headers);
  expect(headers).toMatchObject({ ...always, "content-security-policy": policy });
  expect(headers["x-request-id"]).toMatch(/^req_[0-9a-f]{32}$/);
  expect(
    headers["server"] ?? headers["x-powered-by"] ?? headers["strict-transport-security"],
  ).toBeUndefined();
});

test("S25, S189: another element's script and frame may be loaded where that element is asked for, and nothing more", async () => {
  const script = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js";
  for (const SIDEKIT_ELEMENT of ["vendor", "auto"]) {
    await using app = await startApp({ SIDEKIT_ELEMENT });
    const response = await fetch(app.url, { signal: AbortSignal.timeout(10_000) });
    await response.body?.cancel();
    const policy = response.headers.get("content-security-policy") ?? "";
    const folder = "https://cdn.platform.openai.com/deployments/chatkit/";
    expect(policy).toBe(
      page.replace("script-src 'self'", `script-src 'self' ${folder}`) + `;frame-src ${folder}`,
    );
    const elsewhere = await fetch(`${app.url}/healthz`, { signal: AbortSignal.timeout(10_000) });
    await elsewhere.body?.cancel();
    expect(elsewhere.headers.get("content-security-policy")).toBe(data);
    const info = await fetch(`${app.url}/trpc/system.info`, { signal: AbortSignal.timeout(10_000) });
    expect(await info.json()).toMatchObject({
      result: { data: { element: SIDEKIT_ELEMENT, elementScriptUrl: script } },
    });
  }
});
