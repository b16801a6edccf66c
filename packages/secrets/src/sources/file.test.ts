import { execFile } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { inspect, promisify } from "node:util";

import { describe, expect, test } from "vitest";

import { SecretsError } from "../errors.ts";
import { createFileKeySource } from "./file.ts";
import { keySourceSuite } from "./key-source.suite.ts";

const setting = "OPENAI_API_KEY_FILE";
const canary = "sk-canary-4f1c9be27d08a6535e71";

keySourceSuite(async (text) => {
  const directory = await openDirectory();
  const path = join(directory.path, "key");
  if (text !== null) await writeFile(path, text, { mode: 0o600 });
  return {
    source: createFileKeySource({ setting, path }),
    replace: (next) => (next === null ? rm(path) : writeFile(path, next)),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
});

describe("S136: modes", () => {
  test.each([0o600, 0o400, 0o640, 0o440])("%o is fine", async (mode) => {
    await using directory = await openDirectory();
    const path = await writeKey(directory, { mode });
    expect((await createFileKeySource({ setting, path }).read(soon())).reveal()).toBe(canary);
  });

  test.each([
    [0o644, "file_readable_by_all", "mode 0644"],
    [0o604, "file_readable_by_all", "mode 0604"],
    [0o620, "file_writable_by_others", "mode 0620"],
    [0o602, "file_writable_by_others", "mode 0602"],
    [0o666, "file_writable_by_others", "mode 0666"],
  ])("%o is refused, with the mode in the sentence", async (mode, code, fact) => {
    await using directory = await openDirectory();
    const error = await errorOf(await writeKey(directory, { mode }));
    expect(error.code).toBe(code);
    expect(error.problem).toContain(fact);
  });
});

describe("S136: refused", () => {
  test("another user's file", async () => {
    await using directory = await openDirectory();
    const path = await writeKey(directory, {});
    // Only root can give a file away; others trust a user that they are not.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) await chown(path, 4242, 4242);
    const error = await errorOf(path, isRoot ? undefined : 4242);
    expect(error.code).toBe("file_foreign_owner");
  });

  test("4 KiB are read, a byte more is not", async () => {
    await using directory = await openDirectory();
    const fitting = await writeKey(directory, { name: "fitting", text: "a".repeat(4096) });
    expect((await createFileKeySource({ setting, path: fitting }).read(soon())).reveal()).toHaveLength(4096);
    const large = await writeKey(directory, { name: "large", text: "a".repeat(4097) });
    expect((await errorOf(large)).code).toBe("file_too_large");
  });

  test("a file that has no size and no end", async () => {
    expect((await errorOf("/dev/zero")).code).toBe("file_not_regular");
  });

  test("a directory", async () => {
    await using directory = await openDirectory();
    expect((await errorOf(directory.path)).code).toBe("file_not_regular");
  });

  test("a named pipe, without waiting for a writer", async () => {
    await using directory = await openDirectory();
    const path = join(directory.path, "pipe");
    await promisify(execFile)("mkfifo", ["-m", "600", path]);
    expect((await errorOf(path)).code).toBe("file_not_regular");
  });

  test("a file below a file", async () => {
    await using directory = await openDirectory();
    expect((await errorOf(join(await writeKey(directory, {}), "key"))).code).toBe("file_missing");
  });

  test("bytes that are not UTF-8, such as a console's UTF-16", async () => {
    await using directory = await openDirectory();
    const path = await writeKey(directory, { text: Buffer.from(`\ufeff${canary}`, "utf16le") });
    expect((await errorOf(path)).code).toBe("file_not_text");
  });
});

describe("S136: links", () => {
  test("the swap of an orchestrator: a link over a link, within the directory", async () => {
    await using directory = await openDirectory();
    await mkdir(join(directory.path, "..2026_01"));
    await writeKey(directory, { name: "..2026_01/key" });
    await symlink("..2026_01", join(directory.path, "..data"));
    await symlink("..data/key", join(directory.path, "key"));
    const source = createFileKeySource({ setting, path: join(directory.path, "key") });
    expect((await source.read(soon())).reveal()).toBe(canary);

    await mkdir(join(directory.path, "..2026_02"));
    await writeKey(directory, { name: "..2026_02/key", text: "the next one" });
    await symlink("..2026_02", join(directory.path, "..next"));
    await rename(join(directory.path, "..next"), join(directory.path, "..data"));
    expect((await source.read(soon())).reveal()).toBe("the next one");
  });

  test("out of the directory is refused", async () => {
    await using directory = await openDirectory();
    await using elsewhere = await openDirectory();
    const path = join(directory.path, "key");
    await symlink(await writeKey(elsewhere, {}), path);
    expect((await errorOf(path)).code).toBe("file_link_outside");
  });

  test("to a directory whose name begins the same is out, too", async () => {
    await using directory = await openDirectory();
    await mkdir(join(directory.path, "keys"));
    await mkdir(join(directory.path, "keys-of-others"));
    await symlink(
      await writeKey(directory, { name: "keys-of-others/key" }),
      join(directory.path, "keys/key"),
    );
    expect((await errorOf(join(directory.path, "keys/key"))).code).toBe("file_link_outside");
  });

  test("what the link leads to is checked again", async () => {
    await using directory = await openDirectory();
    await writeKey(directory, { name: "target", mode: 0o644 });
    await symlink("target", join(directory.path, "key"));
    expect((await errorOf(join(directory.path, "key"))).code).toBe("file_readable_by_all");
  });

  test.each([
    ["to nothing", "absent", "file_missing"],
    ["to itself", "key", "file_unreadable"],
  ])("%s", async (_name, target, code) => {
    await using directory = await openDirectory();
    await symlink(target, join(directory.path, "key"));
    expect((await errorOf(join(directory.path, "key"))).code).toBe(code);
  });
});

async function errorOf(path: string, userId?: number): Promise<SecretsError> {
  const trusting = userId === undefined ? {} : { userId };
  const error: unknown = await createFileKeySource({ setting, path, ...trusting })
    .read(soon())
    .then(
      () => new Error("was read"),
      (cause: unknown) => cause,
    );
  if (!(error instanceof SecretsError)) throw error;
  const shown = inspect(error, { depth: 9, showHidden: true }) + error.mend;
  expect(shown).not.toContain(canary);
  expect(error.problem + error.mend).not.toContain(path);
  expect(error.cause).toBeUndefined();
  expect(error.problem).toContain(setting);
  return error;
}

async function writeKey(
  directory: { path: string },
  { name = "key", text = canary, mode = 0o600 }: { name?: string; text?: string | Buffer; mode?: number },
): Promise<string> {
  const path = join(directory.path, name);
  await writeFile(path, text);
  // The mode of writeFile is subject to the umask.
  await chmod(path, mode);
  return path;
}

async function openDirectory(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "sidekit-key-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

function soon(): AbortSignal {
  return AbortSignal.timeout(2000);
}
