import { expect, test } from "vitest";
import { z } from "zod";

import * as contract from "./contract.ts";

const inputs = Object.entries(contract).flatMap(([name, schema]) =>
  name.endsWith("Input") && schema instanceof z.ZodType ? [[name, schema] as const] : [],
);

test.each(inputs)(
  "S82: %s refuses what it does not know, and has a bound for everything",
  (_name, schema) => {
    expect(unbounded(z.toJSONSchema(schema, { io: "input" }), "")).toEqual([]);
  },
);

test("S82: there are inputs to look at", () => {
  expect(inputs.map(([name]) => name)).toContain("createSessionInput");
  expect(inputs.length).toBeGreaterThanOrEqual(6);
});

test("S31: of state variables there are at most 64, with names of 64 characters and words of 4096", () => {
  const { createSessionInput } = contract;
  const named = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`name${at}`, true]));
  expect(createSessionInput.safeParse({ stateVariables: named(64) }).success).toBe(true);
  for (const stateVariables of [
    named(65),
    { ["n".repeat(65)]: 1 },
    { "": 1 },
    { name: "x".repeat(4097) },
    { name: Number.POSITIVE_INFINITY },
    { name: null },
  ]) {
    expect(createSessionInput.safeParse({ stateVariables }).success).toBe(false);
  }
});

/** The paths of what has no bound: a string or list of any length, an object with any members. */
function unbounded(schema: z.core.JSONSchema.BaseSchema | boolean, path: string): string[] {
  if (typeof schema === "boolean") return [path];
  if (schema.enum !== undefined || schema.const !== undefined) return [];
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((option) => unbounded(option, path));
  switch (schema.type) {
    case "string":
      return schema.maxLength === undefined && !isBoundedPattern(schema.pattern) ? [path] : [];
    case "integer":
      return schema.maximum === undefined ? [path] : [];
    case "array":
      return schema.maxItems === undefined ? [path] : [];
    case "object": {
      const members = Object.entries(schema.properties ?? {}).flatMap(([name, member]) =>
        unbounded(member, `${path}/${name}`),
      );
      if (schema.propertyNames === undefined) {
        return schema.additionalProperties === false ? members : [...members, path];
      }
      // A map: how many members it may have is looked at where it is checked.
      return [
        ...unbounded(schema.propertyNames, `${path}/name`),
        ...unbounded(schema.additionalProperties ?? true, `${path}/value`),
      ];
    }
    default:
      return schema.type === "number" || schema.type === "boolean" ? [] : [path];
  }
}

/** Anchored at both ends, and without a repetition that has no end. */
function isBoundedPattern(pattern: string | undefined): boolean {
  return pattern !== undefined && /^\^.*\$$/.test(pattern) && !/[*+]|,\}/.test(pattern);
}
