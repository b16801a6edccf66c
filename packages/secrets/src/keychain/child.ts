// The keychain's own process: one request on standard input, one reply on standard output.

import { text } from "node:stream/consumers";

import { carryOut } from "./operation.ts";
import { keychainRequest } from "./request.ts";

const request = keychainRequest.parse(JSON.parse(await text(process.stdin)));
const reply = await carryOut(request, () => import("@napi-rs/keyring"));
process.stdout.write(JSON.stringify(reply), () => process.exit(0));
