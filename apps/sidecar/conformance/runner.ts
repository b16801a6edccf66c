// Runs one case against one kind of store, or says why it is left out.

import type { Case } from "./case-format.ts";
import type { Mismatch } from "./match.ts";
import { runModelInputCase } from "./model-input-case.ts";
import { runTextAccumulationCase, runWidgetDiffCase, runWidgetTemplateCase } from "./library-cases.ts";
import { runModelStreamCase } from "./model-runs.ts";
import { runServerCase } from "./server-case.ts";
import { runStoreCase } from "./store-case.ts";
import type { StoreKind } from "./stores.ts";

/** Where this server is stricter on purpose. */
export const leftOut: Readonly<Record<string, string>> = {
  "policy:content-type": "a request has to say that it is JSON (S24)",
};

export type Outcome =
  | { readonly kind: "pass" }
  | { readonly kind: "skip"; readonly tag: string }
  | { readonly kind: "fail"; readonly mismatch: Mismatch }
  /** It could not be carried out to its end. */
  | { readonly kind: "fail"; readonly fault: string };

export async function runCase(testCase: Case, store: StoreKind): Promise<Outcome> {
  const tag = testCase.tags.find((tag) => Object.hasOwn(leftOut, tag));
  if (tag !== undefined) return { kind: "skip", tag };
  try {
    const mismatch = await replay(testCase, store);
    return mismatch === null ? { kind: "pass" } : { kind: "fail", mismatch };
  } catch (thrown) {
    return { kind: "fail", fault: faultOf(thrown) };
  }
}

function replay(testCase: Case, store: StoreKind): Promise<Mismatch | null> {
  switch (testCase.kind) {
    case "server":
      return runServerCase(testCase, store);
    case "store":
      return runStoreCase(testCase, store);
    case "widget-diff":
      return runWidgetDiffCase(testCase);
    case "widget-template":
      return runWidgetTemplateCase(testCase);
    case "text-accumulation":
      return runTextAccumulationCase(testCase);
    case "model-input":
      return runModelInputCase(testCase);
    case "model-stream":
      return runModelStreamCase(testCase, store);
    default:
      return testCase satisfies never;
  }
}

function faultOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause instanceof Error ? `${thrown.message} (${thrown.cause.message})` : thrown.message;
}
