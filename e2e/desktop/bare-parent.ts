// A parent without a window: reads the key from its standard input, says where its sidecar is, and waits to be killed.

import { once } from "node:events";

import { Secret, spawnSidecar } from "@sidekit/sidecar-host";

const [entry = "", dataDir = "", baseUrl = ""] = process.argv.slice(2);
const [key] = (await once(process.stdin, "data")) as [Buffer];

const sidecar = await spawnSidecar({
  entry,
  environment: { SIDEKIT_DATA_DIR: dataDir, SIDEKIT_ALLOW_ROOT: "yes", OPENAI_BASE_URL: baseUrl },
  keys: { upstream: new Secret(key.toString().trim()) },
});
const { url, launchToken } = await sidecar.address(AbortSignal.timeout(5000));
const pid = sidecar.state.kind === "running" ? sidecar.state.pid : null;
console.log(JSON.stringify({ url, launchToken, pid }));
setInterval(() => {}, 60_000);
