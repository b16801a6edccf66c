import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { prepareDataDir } from "./data-dir.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sidekit-data-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  ["NFS", 0x6969],
  ["SMB", 0xfe534d42],
  ["Ceph", 0x00c36400],
])("S152: a data directory on %s stops the start", (_name, type) => {
  expect(() => prepareDataDir(folder, () => type)).toThrow(
    expect.objectContaining({ exitStatus: 78, message: expect.stringContaining("network file system") }),
  );
});

test("one on a disk of this machine is made and used", () => {
  const ext4 = 0xef53;
  prepareDataDir(join(folder, "a/b"), () => ext4);
  prepareDataDir(join(folder, "a/b"));
  expect(readdirSync(join(folder, "a"))).toEqual(["b"]);
  expect(readdirSync(join(folder, "a/b"))).toEqual([]);
});
