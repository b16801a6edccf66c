// What every key source must do (S149).

import { inspect } from "node:util";

import { describe, expect, test } from "vitest";

import { SecretsError } from "../errors.ts";
import type { KeySource } from "../key-source.ts";

const canary = "sk-canary-4f1c9be27d08a6535e71";

export interface KeySourceHarness extends AsyncDisposable {
  readonly source: KeySource;
  /** Puts another text there, or takes it away; null where nobody can. */
  readonly replace: ((text: string | null) => Promise<void>) | null;
}

/** `open` sets up a source where the given text stands, or nothing when it is null. */
export function keySourceSuite(open: (text: string | null) => Promise<KeySourceHarness>): void {
  describe("S149: key source", () => {
    test.each([canary, `${canary}\n`, ` ${canary}\t`, ""])("reads %j as it was written", async (text) => {
      await using opened = await open(text);
      expect((await opened.source.read(soon())).reveal()).toBe(text);
    });

    test("reads the same again", async () => {
      await using opened = await open(canary);
      await opened.source.read(soon());
      expect((await opened.source.read(soon())).reveal()).toBe(canary);
    });

    test("S133: where nothing stands, says which setting is to blame", async () => {
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

    test("S143: shows nothing of what it holds", async () => {
      await using opened = await open(canary);
      await opened.source.read(soon());
      expect(inspect(opened.source, { depth: 9, showHidden: true })).not.toContain(canary);
      expect(JSON.stringify(opened.source)).not.toContain(canary);
      expect(String(await opened.source.mark())).not.toContain(canary);
    });

    test("S137: its mark stays while nothing changes", async () => {
      await using opened = await open(canary);
      expect(await opened.source.mark()).toBe(await opened.source.mark());
    });

    test("S137: what is put in its place is read, and changes the mark", async () => {
      await using opened = await open(canary);
      const { source, replace } = opened;
      // A place that nobody can change from outside has this proven by the one above.
      if (!replace) return;
      const marks = [await source.mark()];
      await replace(`${canary}-2`);
      expect((await source.read(soon())).reveal()).toBe(`${canary}-2`);
      marks.push(await source.mark());
      await replace(null);
      await expect(source.read(soon())).rejects.toMatchObject({ state: "missing" });
      marks.push(await source.mark());
      const expected = marks[0] === null ? 1 : 3;
      expect(new Set(marks).size).toBe(expected);
    });
  });
}

function soon(): AbortSignal {
  return AbortSignal.timeout(2000);
}
