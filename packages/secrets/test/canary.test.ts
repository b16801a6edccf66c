// S143: none of the ways in which values usually end up somewhere shows a secret.

import { format, inspect } from "node:util";
import { Console } from "node:console";
import { Writable } from "node:stream";
import { serialize } from "node:v8";
import { MessageChannel } from "node:worker_threads";

import { pino } from "pino";
import { describe, expect, test } from "vitest";

import { Secret } from "@sidekit/secrets";

const canary = "sk-canary-4f1c9be27d08a6535e71";
const secret = new Secret(canary);

test("reveal gives the value", () => {
  expect(secret.reveal()).toBe(canary);
});

describe("shows nothing", () => {
  const ways: Record<string, () => unknown> = {
    "String()": () => String(secret),
    template: () => `${secret}`,
    concatenation: () => "key: " + secret,
    toLocaleString: () => secret.toLocaleString(),
    JSON: () => JSON.stringify({ secret, list: [secret] }),
    inspect: () => inspect({ secret, map: new Map([[secret, secret]]) }, { depth: 9 }),
    "inspect without customisation": () =>
      inspect(secret, { customInspect: false, showHidden: true, depth: 9 }),
    format: () => format("%s %d %i %f %j %o %O %%", ...Array.from({ length: 7 }, () => secret)),
    "Object.entries": () => inspect(Object.entries(secret), { showHidden: true, depth: 9 }),
    "JSON of Object.entries": () => JSON.stringify(Object.entries(secret)),
    spread: () => {
      const copy: object = { ...secret };
      expect("reveal" in copy).toBe(false);
      return inspect(copy, { showHidden: true, depth: 9 }) + JSON.stringify(copy);
    },
    "Object.assign": () => inspect(Object.assign({}, secret), { showHidden: true, depth: 9 }),
    "own functions": () =>
      Object.values(secret)
        .map((value: unknown) => (typeof value === "function" ? String(value) + String(value()) : value))
        .join(),
    "for in": () => {
      let seen = "";
      for (const name in secret) seen += name + String(Reflect.get(secret, name));
      return seen;
    },
    "error cause": () => inspect(new Error("failed", { cause: secret }), { depth: 9 }),
    "error member": () => inspect(Object.assign(new Error("failed"), { secret }), { depth: 9 }),
    "error message": () => new Error(`failed with ${secret}`).stack,
    URL: () => new URL(`https://example.test/?key=${secret}`).href,
    headers: () => [...new Headers({ "x-key": `${secret}` })],
    "console.log": () => printed((out) => out.log(secret, { secret })),
    "console.dir": () => printed((out) => out.dir({ secret }, { depth: 9, showHidden: true })),
    "console.table": () => printed((out) => out.table([{ secret }])),
    "console.error": () => printed((out) => out.error(new Error("failed", { cause: { secret } }))),
    pino: () => {
      let lines = "";
      const log = pino({}, { write: (line) => (lines += line) });
      log.error({ secret, err: new Error("failed", { cause: secret }) }, "key %s %o", secret, secret);
      return lines;
    },
  };

  test.each(Object.entries(ways))("%s", (_name, way) => {
    const seen = way();
    expect(seen).not.toBe("");
    expect(typeof seen === "string" ? seen : inspect(seen)).not.toContain(canary);
  });
});

describe("cannot be carried away", () => {
  test("structuredClone", () => {
    expect(() => structuredClone(secret)).toThrow(/could not be cloned/);
  });

  test("a clone of something that holds it", () => {
    expect(() => structuredClone({ settings: [secret] })).toThrow(/could not be cloned/);
  });

  test("a message to a worker", () => {
    const { port1 } = new MessageChannel();
    expect(() => port1.postMessage(secret)).toThrow(/could not be cloned/);
    port1.close();
  });

  test("v8 serialisation", () => {
    expect(() => serialize(secret)).toThrow(/could not be cloned/);
  });

  test("its forms cannot be replaced", () => {
    expect(() => Object.assign(secret, { toString: () => secret.reveal() })).toThrow(TypeError);
    expect(`${secret}`).toBe("[secret]");
  });

  test("reveal works on secrets alone", () => {
    expect(() => Reflect.apply(secret.reveal, { ...secret }, [])).toThrow(TypeError);
  });
});

function printed(print: (out: Console) => void): string {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  print(new Console(stream, stream));
  return text;
}
