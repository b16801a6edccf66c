import { once } from "node:events";

import { describe, expect, test } from "vitest";

import { finish, frame, openEndpoint as open, streamOn } from "./chatkit-endpoint.ts";

describe("stopping", () => {
  test("an abort ends the body at once and stops the run", async () => {
    await using opened = await open(streamOn);
    const stop = new AbortController();
    const reply = await opened.send({ signal: stop.signal });
    const reader = reply.body!.getReader();
    await reader.read();
    const pending = reader.read();
    const reason = new Error("stopped");
    stop.abort(reason);
    await expect(pending).rejects.toBe(reason);
    await expect.poll(opened.stops).toEqual(["/chatkit/runs/run_1"]);
    await expect.poll(() => opened.closed).toContain("response");
  });

  test("the connection stays open until the stop has been said", async () => {
    await using opened = await open(streamOn);
    const stop = new AbortController();
    await (await opened.send({ signal: stop.signal })).body!.getReader().read();
    stop.abort();
    await expect.poll(() => opened.closed).toContain("response");
    expect(opened.stops()).toHaveLength(1);
  });

  test("an abort before the headers rejects at once and stops as soon as the run has a name", async () => {
    let release: () => void = () => {};
    await using opened = await open(async (response) => {
      await new Promise<void>((resolve) => (release = resolve));
      await streamOn(response);
    });
    const stop = new AbortController();
    const sent = opened.send({ signal: stop.signal });
    await expect.poll(() => opened.seen.length).toBe(1);
    stop.abort(new Error("stopped early"));
    await expect(sent).rejects.toThrow("stopped early");
    expect(opened.stops()).toEqual([]);
    release();
    await expect.poll(opened.stops).toEqual(["/chatkit/runs/run_1"]);
    await expect.poll(() => opened.closed).toContain("response");
  });

  test("an abort while the session is minted sends nothing", async () => {
    await using opened = await open(streamOn, {
      client: { issuerCredential: () => new Promise((resolve) => setTimeout(resolve, 100, "member")) },
    });
    const stop = new AbortController();
    const sent = opened.send({ signal: stop.signal });
    setTimeout(() => stop.abort(new Error("stopped")), 20);
    await expect(sent).rejects.toThrow("stopped");
    await expect.poll(opened.mints).toBe(1);
    await expect.poll(() => opened.chat.session.current()).not.toBeNull();
    expect(opened.seen).toEqual([]);
  });

  test("an aborted signal sends nothing at all", async () => {
    await using opened = await open(finish);
    await expect(opened.send({ signal: AbortSignal.abort(new Error("stopped")) })).rejects.toThrow("stopped");
    expect(opened.mints()).toBe(0);
  });

  test("an abort after the end does nothing", async () => {
    await using opened = await open(finish);
    const stop = new AbortController();
    expect(await (await opened.send({ signal: stop.signal })).text()).toBe(frame);
    stop.abort();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(opened.stops()).toEqual([]);
  });

  test("a reader that cancels stops the run", async () => {
    await using opened = await open(streamOn);
    const reply = await opened.send();
    await reply.body!.cancel();
    await expect.poll(opened.stops).toEqual(["/chatkit/runs/run_1"]);
  });

  test("leaving the page is not a stop", async () => {
    const page = new EventTarget();
    const global: Record<string, unknown> = globalThis;
    global["addEventListener"] = page.addEventListener.bind(page);
    try {
      await using opened = await open(streamOn);
      const stop = new AbortController();
      await (await opened.send({ signal: stop.signal })).body!.getReader().read();
      page.dispatchEvent(new Event("pagehide"));
      stop.abort();
      await expect.poll(() => opened.closed).toContain("response");
      expect(opened.stops()).toEqual([]);
      page.dispatchEvent(new Event("pageshow"));
      await (await opened.send()).body!.cancel();
      await expect.poll(opened.stops).toHaveLength(1);
    } finally {
      delete global["addEventListener"];
    }
  });

  test("a stop outlives the session that began the run", async () => {
    const refused = new Set<string>();
    await using opened = await open(streamOn, { refused });
    const reply = await opened.send();
    refused.add(opened.seen[0]!.bearer!);
    await reply.body!.cancel();
    await expect.poll(opened.stops).toHaveLength(2);
    expect(opened.mints()).toBe(2);
  });
});

describe("the body", () => {
  test("arrives frame by frame, bytes unchanged", async () => {
    await using opened = await open(async (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const part of ["data: ä\n\n", ": comment\n\n", "data: {}\n\n"]) {
        response.write(part);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      response.end();
    });
    const reply = await opened.send();
    const chunks: string[] = [];
    for await (const chunk of reply.body!) chunks.push(Buffer.from(chunk).toString("utf8"));
    expect(chunks).toEqual(["data: ä\n\n", ": comment\n\n", "data: {}\n\n"]);
    expect(reply.headers.get("content-type")).toBe("text/event-stream");
  });

  test("a reader that does not read holds the server back", async () => {
    let drained = true;
    let written = 0;
    await using opened = await open(async (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const block = Buffer.alloc(256 * 1024, 97);
      for (; written < 400 && drained; written += 1) {
        if (response.write(block)) continue;
        const waited = await Promise.race([
          once(response, "drain").then(() => "drain"),
          new Promise((resolve) => setTimeout(resolve, 300, "held")),
        ]);
        drained = waited === "drain";
      }
    });
    const reply = await opened.send();
    await expect.poll(() => drained, { timeout: 10_000 }).toBe(false);
    // 100 MiB were on offer.
    expect(written).toBeLessThan(100);
    await reply.body!.cancel();
  });

  test("a connection that breaks is an error of the body, not a stop", async () => {
    await using opened = await open((response) => {
      response.writeHead(200, { "content-type": "text/event-stream", "x-sidekit-run-id": "run_1" });
      response.write(frame);
      setTimeout(() => response.destroy(), 30);
    });
    const reply = await opened.send();
    await expect(reply.text()).rejects.toThrow();
    expect(opened.stops()).toEqual([]);
  });
});

describe("the same words again", () => {
  const repeats = (opened: Awaited<ReturnType<typeof open>>) => opened.seen.map(({ repeat }) => repeat);

  test("after a whole answer are another message", async () => {
    await using opened = await open(finish);
    await (await opened.send()).text();
    await (await opened.send()).text();
    await (await opened.send({ body: '{"type":"threads.list"}' })).text();
    expect(repeats(opened)).toEqual([null, "new", null]);
  });

  test("after an answer that broke off are the same message", async () => {
    let answers = 0;
    await using opened = await open((response) => {
      if (++answers === 2) return finish(response);
      void streamOn(response);
      setTimeout(() => response.destroy(), 20);
    });
    await expect((await opened.send()).text()).rejects.toThrow();
    await (await opened.send()).text();
    expect(repeats(opened)).toEqual([null, null]);
  });
});
