import { expect, test } from "vitest";

import { errorTrace } from "./error-trace.ts";

const marker = "canary-7d1e";

test("S161: a trace names class and calls, without message and folders", () => {
  const trace = errorTrace(new TypeError(`${marker} said`));
  expect(trace.name).toBe("TypeError");
  expect(trace.at[0]).toMatch(/error-trace\.test\.ts:\d+:\d+/);
  expect(JSON.stringify(trace)).not.toMatch(/canary|\/src\/|file:/);
});

test.each([
  ["many lines", `first\n    at ${marker} (/home/x/${marker}.ts:1:1)\n    at ${marker}.ts:2:2`],
  ["ends like a frame", `x\n    at ${marker} (${marker}.ts:1:1)`],
  ["nothing but a frame", `    at ${marker} (${marker}.ts:1:1)`],
])("S161: a message that looks like frames stays out: %s", (_name, message) => {
  expect(JSON.stringify(errorTrace(new Error(message)))).not.toContain(marker);
  class OwnError extends Error {
    override readonly name = "OwnError";
  }
  const own = errorTrace(new OwnError(message));
  expect(own.at).not.toEqual([]);
  expect(JSON.stringify(own)).not.toContain(marker);
});

test("S161: frames of an error whose message was changed are left out with it", () => {
  const error = new Error(`${marker}\n    at ${marker} (${marker}.ts:1:1)`);
  // Until it is read, it is not written down.
  expect(error.stack).toContain(marker);
  error.message = "another";
  expect(errorTrace(error)).toEqual({ name: "Error", at: [] });
});

test("S161: what an application made of its error does no harm", () => {
  const hostile = new Error("plain");
  Object.defineProperty(hostile, "stack", {
    get() {
      throw new Error(marker);
    },
  });
  hostile.name = `${marker} with spaces`;
  expect(errorTrace(hostile)).toEqual({ name: "Error", at: [] });
  expect(errorTrace(marker)).toEqual({ name: "string", at: [] });
  expect(errorTrace(null)).toEqual({ name: "object", at: [] });
});

test("an error of the platform keeps its frames", () => {
  expect(errorTrace(caught(() => new URL("::"))).at.join()).toMatch(/error-trace\.test\.ts/);
});

function caught(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
