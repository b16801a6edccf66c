// The page has no types of its own for what the procedures answer: a member that is renamed in the contract is missed
// by the page's type check.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../../..");
const members = ["apps/ui", "packages/chat-session", "packages/chatkit", "packages/chatkit-element"];
const run = promisify(execFile);

let copy: string;
let contractPath: string;
let contract: string;

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "sidekit-contract-"));
  await symlink(join(root, "node_modules"), join(copy, "node_modules"));
  await cp(join(root, "tsconfig.base.json"), join(copy, "tsconfig.base.json"));
  for (const member of members) {
    await mkdir(join(copy, member), { recursive: true });
    for (const part of ["package.json", "tsconfig.json", "src", "node_modules", "examples"]) {
      if (!existsSync(join(root, member, part))) continue;
      await cp(join(root, member, part), join(copy, member, part), {
        recursive: true,
        verbatimSymlinks: true,
      });
    }
  }
  contractPath = join(copy, "packages/chat-session/src/contract.ts");
  contract = await readFile(contractPath, "utf8");
});
afterAll(() => rm(copy, { recursive: true, force: true }));

test("as it is, the page's types hold", async () => {
  expect(await errorsOfPage()).toEqual([]);
});

test("renaming an output member breaks them", async () => {
  const members = ["mend", "checkedAt", "profiles", "maxRequestsPerMinute"];
  let renamed = contract;
  for (const member of members) {
    const declaration = new RegExp(`(?<=[\\s{])${member}(?=: )`, "g");
    expect(renamed).toMatch(declaration);
    renamed = renamed.replaceAll(declaration, `${member}Renamed`);
  }
  await writeFile(contractPath, renamed);
  const errors = (await errorsOfPage()).join("\n");
  expect(members.filter((member) => !errors.includes(`'${member}'`))).toEqual([]);
});

/** Type errors in the page's own files. */
async function errorsOfPage(): Promise<string[]> {
  const tsc = join(root, "apps/ui/node_modules/typescript/bin/tsc");
  const output = await run(process.execPath, [tsc, "--pretty", "false"], { cwd: join(copy, "apps/ui") }).then(
    ({ stdout }) => stdout,
    (failure: { stdout: string }) => failure.stdout,
  );
  return output.split("\n").filter((line) => line.startsWith("src/"));
}
