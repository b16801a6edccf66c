// What the sidecar consists of at run time: dist/sidecar.cdx.json (CycloneDX) and dist/licences.txt. Part of `pnpm build`.

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { environmentFor, findRuntime, root, say } from "./runtime.mjs";

const runtime = findRuntime();
const dist = join(root, "dist");
mkdirSync(dist, { recursive: true });

const bill = JSON.parse(
  pnpm(
    "sbom",
    "--sbom-format",
    "cyclonedx",
    "--sbom-spec-version",
    "1.6",
    "--prod",
    "--filter",
    "@sidekit/sidecar",
  ),
);
writeFileSync(join(dist, "sidecar.cdx.json"), `${JSON.stringify(bill, null, 2)}\n`);

const licences = JSON.parse(pnpm("licenses", "list", "--json", "--prod", "--filter", "@sidekit/sidecar"));
const lines = Object.entries(licences).flatMap(([licence, packages]) =>
  packages.flatMap(({ name, versions }) => versions.map((version) => `${name} ${version}: ${licence}`)),
);
writeFileSync(join(dist, "licences.txt"), `${lines.toSorted().join("\n")}\n`);
say(`dist/sidecar.cdx.json and dist/licences.txt name ${lines.length} packages.`);

function pnpm(...args) {
  const { status, stdout, stderr } = spawnSync(runtime.node, [runtime.pnpm, ...args], {
    cwd: root,
    env: environmentFor(runtime),
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return stdout;
  say(`pnpm ${args[0]} failed:\n${stdout}${stderr}`);
  process.exit(1);
}
