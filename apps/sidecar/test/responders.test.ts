import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Secret } from "@sidekit/secrets";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ConfigError, parseConfig } from "../src/config.ts";
import { findResponders, loadResponders, type ResponderParts } from "../src/responders.ts";
import { StartError } from "../src/start-error.ts";
import { mint, type RunningApp, startApp } from "./fixture.ts";
import { eventsOf, spoken } from "./responder-chat.ts";

const parts: ResponderParts = {
  apiKey: async () => new Secret("sk-test"),
  baseURL: "https://models.example.com/v1",
  fetch,
  observe: () => {},
};

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "sidekit-responders-"));
  mkdirSync(join(dir, "shared.ts"));
  writeFileSync(join(dir, "plain.ts"), "export const responder = { async *respond() {} };\n");
  writeFileSync(
    join(dir, "made.ts"),
    "export const createResponder = ({ baseURL }: { baseURL: string }) => ({ baseURL, async *respond() {} });\n",
  );
  writeFileSync(join(dir, "empty.ts"), "export const answer = 42;\n");
  writeFileSync(join(dir, "broken.ts"), 'throw new RangeError("no such luck");\n');
  for (const name of ["plain.test.ts", "Capital.ts", "notes.md", ".hidden.ts"]) {
    writeFileSync(join(dir, name), "throw new Error();\n");
  }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("files", () => {
  test("each file of the folder is a responder of its name; tests and folders are none", () => {
    expect(findResponders(dir)).toEqual(["broken", "empty", "made", "plain"]);
    expect(findResponders(join(dir, "nowhere"))).toEqual([]);
    expect(findResponders()).toEqual(
      expect.arrayContaining(["form-filling", "research-assistant", "support-desk"]),
    );
  });

  test("a file exports its responder, or makes it from what the process has", async () => {
    const { plain, made } = await loadResponders(["plain", "made"], parts, dir);
    expect(plain?.respond).toBeTypeOf("function");
    expect(made).toMatchObject({ baseURL: parts.baseURL });
  });

  test("one that exports none stops the start, and one that throws throws what it throws", async () => {
    await expect(loadResponders(["empty"], parts, dir)).rejects.toThrow(StartError);
    await expect(loadResponders(["empty"], parts, dir)).rejects.toThrow(
      "responders/empty.ts exports no responder",
    );
    await expect(loadResponders(["broken"], parts, dir)).rejects.toThrow(RangeError);
  });
});

describe("profiles", () => {
  test("without a config file every responder has a profile of its name; with one only what it says", () => {
    const own = ["mine", "yours"];
    const profiles = parseConfig({}, undefined, own).profiles.map(({ name, responder }) => [name, responder]);
    expect(profiles).toEqual([
      ["default", "demo"],
      ["mine", "mine"],
      ["yours", "yours"],
    ]);
    const config = parseConfig({}, { profiles: { desk: { responder: "yours" } } }, own);
    expect(config.profiles.map(({ name }) => name)).toEqual(["default", "desk"]);
    expect(config.ownResponders).toEqual(["yours"]);
  });

  test("a built-in responder is not replaced by a file of its name", () => {
    expect(parseConfig({}, undefined, ["demo"]).ownResponders).toEqual([]);
  });

  test("a name that no responder has stops the start, with the names that there are", () => {
    const start = (variables: Record<string, string>, file?: unknown) => () =>
      parseConfig(variables, file, ["support-desk"]);
    const known = "must be one of demo, openai-responses";
    expect(start({ SIDEKIT_RESPONDER: "suport-desk" })).toThrow(ConfigError);
    expect(start({ SIDEKIT_RESPONDER: "suport-desk" })).toThrow(`SIDEKIT_RESPONDER ${known}`);
    const file = { profiles: { desk: { responder: "suport-desk" } } };
    expect(start({}, file)).toThrow(`profiles.desk.responder ${known}`);
    expect(start({}, file)).toThrow("support-desk.");
    expect(start({}, { profiles: { desk: { responder: "../../etc/x" } } })).toThrow(
      "must be the name of a responder",
    );
  });
});

describe("over HTTP", () => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app[Symbol.asyncDispose]());

  const create = (text: string, inference_options = {}) => ({
    type: "threads.create",
    params: { input: { content: [{ type: "input_text", text }], attachments: [], inference_options } },
  });

  test.each([
    ["support-desk", "My bicycle squeaks", "I am the support desk example, without a model"],
    ["research-assistant", "What are profiles?", "I am an example without a model"],
    ["form-filling", "I want to go away", "I am the form filling example, and no model"],
  ])("%s answers as a profile, without a key or a config file", async (profile, words, says) => {
    const response = await app.post("/chatkit", await mint(app, profile), create(words));
    expect(response.status).toBe(200);
    const events = eventsOf(await response.text());
    expect(events[0]).toMatchObject({ type: "thread.created" });
    expect(spoken(events)).toContain(says);
    expect(events.filter(({ type }) => type === "error")).toEqual([]);
  });

  test("they are listed for whoever chooses a profile", async () => {
    const response = await fetch(`${app.url}/trpc/system.info`);
    const { result } = (await response.json()) as { result: { data: { profiles: { name: string }[] } } };
    expect(result.data.profiles.map(({ name }) => name)).toEqual(["default", ...findResponders()]);
  });

  test("a message may ask for the models and tools that its profile offers, and for no others (S74)", async () => {
    const profiles = { offering: { responder: "support-desk", models: ["small"], tools: ["search"] } };
    await using offering = await startApp({}, {}, { file: { profiles } });
    const ask = async (profile: string, options: object) =>
      (await offering.post("/chatkit", await mint(offering, profile), create("Hi", options))).status;
    expect(await ask("offering", { model: "small", tool_choice: { id: "search" } })).toBe(200);
    expect(await ask("offering", { model: "large" })).toBe(400);
    expect(await ask("offering", { tool_choice: { id: "shell" } })).toBe(400);
    expect(await ask("default", { model: "small" })).toBe(400);
  });
});
