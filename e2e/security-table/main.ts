// `pnpm docs:security`: writes docs/security.md.

import { writeFileSync } from "node:fs";

import { securityTable, securityTableFile } from "./security-table.ts";

const { text, missing, unknown } = securityTable();
writeFileSync(securityTableFile, text);
process.stdout.write(`missing: ${missing.join(" ") || "none"}\nunknown: ${unknown.join(" ") || "none"}\n`);
