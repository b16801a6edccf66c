// What every key source must do.

import { inspect } from "node:util";

import { describe, expect, test } from "vitest";

import { SecretsError } from "../errors.ts";
import type { KeySource } from "../key-source.ts";

const canary = "sk-canary-4f1c9be27d08a6535e71";

export interface KeySourceHarness extends AsyncDisposable {
  readonly source: KeySource;
}

/** `open` sets up a source where the given text stands, or nothing when it is null. */
export function keySourceSuite(open: (text: string | null) => Promise<KeySourceHarness>): void {
  describe("key source", () => {
    test.each([canary, `${canary}\n`, ` ${canary}\t`, ""])("reads %j as it was written", async (text) => {
      await using opened = await open(text);
      expect((await opened.source.read(soon())).reveal()).toBe(text);
    });

    test("reads the same again", async () => {
      await using opened = await open(canary);
      await opened.source.read(soon());
      expect((await opened.source.read(soon())).reveal()).toBe(canary);
    });

    test("where nothing stands, says which setting is to blame (S133)", async () => {
      await using opened = await open(null);
      const error = await opened.source.read(soon()).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(SecretsError);
      expect(error).toMatchObject({ state: "missing" });
      expect((error as SecretsError).problem).toContain(opened.source.setting);
    });

    test("gives an aborted caller its own reason", async () => {
      await using opened = await open(canary);
      const reason = new Error("left");
      await expect(opened.source.read(AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    test("shows nothing of what it holds", async () => {
      await using opened = await open(canary);
      await opened.source.read(soon());
      expect(inspect(opened.source, { depth: 9, showHidden: true })).not.toContain(canary);
      expect(JSON.stringify(opened.source)).not.toContain(canary);
    });
  });
}

function soon(): AbortSignal {
  return AbortSignal.timeout(2000);
}
