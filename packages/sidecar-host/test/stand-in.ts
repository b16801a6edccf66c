// A child that behaves as the tests of the parent's side tell it to by its variables.

import { createServer } from "node:http";
import { Socket } from "node:net";
import { createInterface } from "node:readline";
import { writeFileSync } from "node:fs";

import { proofOf, proofPath } from "@sidekit/sidecar-host/child";

const behaviour = process.env["STAND_IN"] ?? "";
const channel = new Socket({ fd: Number(process.env["SIDEKIT_HANDOFF_FD"]), readable: true, writable: true });
channel.on("error", () => {});
const say = (message: object) => channel.write(`${JSON.stringify(message)}\n`);
const report = process.env["STAND_IN_REPORT"];
if (report !== undefined) {
  writeFileSync(report, JSON.stringify({ argv: process.argv, environment: process.env, pid: process.pid }));
}

if (behaviour === "dies") {
  console.error("cannot go on with sk-proj-aaaa1c9be27d08A6535e71");
  process.exit(3);
}
if (behaviour === "wrong settings") process.exit(78);
if (behaviour === "silent") setInterval(() => {}, 1000);
if (behaviour === "another version") say({ type: "ready", version: 2, url: "http://127.0.0.1:1" });
if (behaviour === "elsewhere") say({ type: "ready", version: 1, url: "http://192.0.2.1:80" });
if (behaviour === "long") channel.write(`${"x".repeat(200_000)}\n`);
if (behaviour === "talks") {
  process.stdout.write(`${"y".repeat(40_000)}\nshort\nlast without an end`);
}

let launchToken = "";
const server = createServer((request, response) => {
  const nonce = request.url?.startsWith(proofPath) ? request.url.slice(proofPath.length) : "";
  const token = behaviour === "impostor" ? "ckbs_" : launchToken;
  if (behaviour === "endless") {
    const more = setInterval(() => response.write("z".repeat(500)), 5);
    response.once("close", () => clearInterval(more));
    return;
  }
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ proof: proofOf(token, nonce) }));
});

createInterface({ input: channel }).on("line", (line) => {
  const message = JSON.parse(line) as Record<string, unknown>;
  if (message["type"] === "start") {
    launchToken = String(message["launchToken"]);
    if (["", "impostor", "endless", "talks", "stubborn", "crashes", "mute"].includes(behaviour)) {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        if (address === null || typeof address === "string") return;
        say({ type: "ready", version: 1, url: `http://127.0.0.1:${address.port}` });
        if (behaviour === "crashes") setTimeout(() => process.exit(70), 50);
      });
    }
    return;
  }
  if (message["type"] === "stop") {
    if (behaviour !== "stubborn") process.exit(0);
    return;
  }
  if (behaviour === "mute") return;
  say({
    type: "outcome",
    request: message["request"],
    outcome: message["id"] === "no" ? "key_not_taken" : "done",
  });
});
if (behaviour !== "stubborn") channel.on("close", () => process.exit(0));
process.on("SIGTERM", () => {});
