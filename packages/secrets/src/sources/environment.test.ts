import { Secret } from "../secret.ts";
import { createEnvironmentKeySource } from "./environment.ts";
import { keySourceSuite } from "./key-source.suite.ts";

keySourceSuite(async (text) => ({
  source: createEnvironmentKeySource({
    setting: "OPENAI_API_KEY",
    value: text === null ? null : new Secret(text),
  }),
  replace: null,
  [Symbol.asyncDispose]: async () => {},
}));
