// The stand-in as a program, to run the product against without an account: prints its base URL and serves until it is
// told to stop.

import { parseArgs } from "node:util";

import { startUpstream } from "./upstream.ts";
import { echoAnswer } from "./upstream/text-answer.ts";

const { values } = parseArgs({
  options: { port: { type: "string", default: "0" }, "pace-ms": { type: "string", default: "30" } },
});
const paceMs = Number(values["pace-ms"]);

await using upstream = await startUpstream({
  port: Number(values.port),
  script: (request) => ({ ...echoAnswer(request), paceMs }),
});
const stopped = new Promise((stop) => {
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
});
console.log(upstream.baseUrl);
await stopped;
