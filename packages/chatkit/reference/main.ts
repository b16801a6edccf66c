// `pnpm docs:reference`: writes the reference of the responder API into the documentation.

import { writeFileSync } from "node:fs";

import { referenceFile, responderReference } from "./responder-reference.ts";

writeFileSync(referenceFile, await responderReference());
