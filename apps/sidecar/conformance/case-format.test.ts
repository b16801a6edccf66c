import type { Json, JsonObject } from "@sidekit/chatkit/protocol";
import { expect, test } from "vitest";

import { parseCase } from "./case-format.ts";

const head = {
  id: "X1",
  title: "t",
  area: "lists",
  section: "1",
  kind: "server",
  recommended: false,
  tags: [],
};
const step = { request: { type: "threads.list", params: {} }, expect: { kind: "json", body: {} } };
const withStep = (members: JsonObject): Json => ({ ...head, steps: [{ ...step, ...members }] });
const withScript = (...responder: Json[]): Json => ({ ...head, responder, steps: [step] });

test("a case with everything is read", () => {
  const given = {
    ...(withScript(
      {
        when: { turn: 1 },
        ops: [{ repeat: 2, ops: [{ yield: { n: { $get: "i" } } }] }],
        else: [{ gate: "g" }],
      },
      { modelRun: { script: [{ endWorkflow: {} }], converter: { partialImages: 2 } } },
    ) as object),
    note: "n",
    setup: { users: ["a"], seed: [{ thread: { id: "thr_1" } }] },
  };
  expect(parseCase(JSON.stringify(given))).toMatchObject({ id: "X1", kind: "server", note: "n" });
});

test.each<[string, Json, string]>([
  ["an unknown member of the case", { ...head, steps: [], extra: 1 }, "extra"],
  ["an unknown kind", { ...head, kind: "other", steps: [] }, "kind"],
  ["an unknown member of a step", withStep({ extra: 1 }), "steps[0]"],
  ["a step that does two things", withStep({ pages: {} }), "steps[0]: is no step"],
  ["a step that does nothing", { ...head, steps: [{ expect: {} }] }, "steps[0]: is no step"],
  ["an unknown kind of expectation", withStep({ expect: { kind: "sse2", events: [] } }), "steps[0].expect"],
  ["an unknown call", withStep({ calls: [{ fn: "other", user: "a" }] }), "steps[0].calls[0].fn"],
  ["an unknown operation", withScript({ shout: 1 }), "responder[0]: is no operation"],
  ["an unknown member of an operation", withScript({ delayMs: 1, extra: 1 }), "responder[0]"],
  [
    "an unknown operation deep inside",
    withScript({ repeat: 1, ops: [{ when: {}, ops: [{ shout: 1 }] }] }),
    "responder[0].ops[0].ops[0]: is no operation",
  ],
  ["an unknown condition", withScript({ when: { moon: "full" }, ops: [] }), "responder[0].when"],
  [
    "an unknown entry of a run",
    withScript({ modelRun: { script: [{ dance: 1 }] } }),
    "is no entry of a model run",
  ],
  ["an unknown directive in a script", withScript({ yield: { a: { $foo: 1 } } }), "unknown directive $foo"],
  [
    "an unknown directive in a request",
    withStep({ request: { a: { $get: "x" } } }),
    "unknown directive $get",
  ],
  [
    "an unknown directive in an expectation",
    withStep({ expect: { kind: "json", body: [{ $instant: "2025-01-01T00:00:00Z" }] } }),
    "unknown directive $instant",
  ],
  [
    "a malformed directive",
    withStep({ expect: { kind: "json", body: { $prose: "x" } } }),
    "malformed $prose",
  ],
  ["an unknown placeholder", withStep({ expect: { kind: "json", body: "<planet:1>" } }), "<planet:1>"],
  ["an unknown setup", { ...head, setup: { weather: 1 }, steps: [] }, "setup"],
])("%s is refused", (_title, given, problem) => {
  expect(() => parseCase(JSON.stringify(given))).toThrow(problem);
});

test("what is not JSON is refused", () => {
  expect(() => parseCase("{")).toThrow("not JSON");
});
