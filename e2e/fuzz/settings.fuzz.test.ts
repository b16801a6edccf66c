// The settings and the profile file: whatever stands in them, a sentence for each problem and never a value.

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { ConfigError, parseConfig } from "../../apps/sidecar/src/config.ts";
import { environment } from "../../apps/sidecar/src/settings.ts";
import { fuzz, fuzzTimeoutMs } from "./fuzzing.ts";
import { changed, marker, text } from "./hostile-inputs.ts";

const file = {
  $schema: "./docs/sidekit.config.schema.json",
  keys: { research: { purpose: "Research", file: "/run/secrets/key" } },
  profiles: {
    default: { responder: "demo", requestsPerMinute: 20, ttlSeconds: 600 },
    workflow: { issuer: "hosted", workflow: "wf_0123456789", stateVariables: ["topic"] },
    research: {
      responder: "openai-responses",
      model: "gpt-6-luna",
      instructions: "Answer.",
      key: "research",
    },
  },
};
const names = [...Object.keys(environment.shape), "SIDEKIT_UNKNOWN", "PATH", "__proto__", "constructor"];
const plausible = [
  "0",
  "1",
  "-1",
  "4310",
  "65536",
  "127.0.0.1",
  "::1",
  "0.0.0.0",
  "https://a.example",
  "yes",
  "local",
];
const value = fc.oneof(
  fc.constantFrom(...plausible),
  text,
  text.map((it) => marker + it),
);

test(
  "S186: a configuration, or every problem by name and no value",
  () =>
    fuzz(
      "settings",
      fc.asyncProperty(
        fc.tuple(
          fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 8 }),
          fc.option(changed([file]), { nil: undefined }),
        ),
        async ([variables, content]) => {
          const words = complaintsAbout(Object.fromEntries(variables), content);
          expect(words).not.toContain(marker);
        },
      ),
    ),
  fuzzTimeoutMs,
);

/** Empty when there are none. Throws whatever is no ConfigError. */
function complaintsAbout(variables: Record<string, string>, content: unknown): string {
  try {
    parseConfig(variables, content);
    return "";
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}
