// Another program that takes a sidecar's port in the moment in which it dies.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const program = `
  import { createServer } from "node:http";
  import { appendFileSync } from "node:fs";
  createServer((request, response) => {
    appendFileSync(process.argv[3], JSON.stringify([request.method, request.url, request.headers]) + "\\n");
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-allow-headers", "*, authorization");
    response.setHeader("content-type", "application/json");
    response.end('{"proof":"' + "A".repeat(43) + '"}');
  }).listen(Number(process.argv[2]), "127.0.0.1");
`;
const reachable = '(: < /dev/tcp/127.0.0.1/"$2") 2>/dev/null';
const takeOver = `while ${reachable}; do sleep 0.02; done
  "$0" "$1" "$2" "$3" >/dev/null 2>&1 & echo $!
  for i in $(seq 100); do ${reachable} && exit; sleep 0.05; done; exit 1`;

export interface Impostor extends Disposable {
  /** Each request so far: method, path and header fields. */
  told(): string[];
}

/** Kills the sidecar and takes its port, all before this process can hear that its child is gone. */
export function replaceByImpostor(pid: number, url: string): Impostor {
  const directory = mkdtempSync(join(tmpdir(), "sidekit-impostor-"));
  const [script, seen] = [join(directory, "impostor.mjs"), join(directory, "seen.txt")];
  writeFileSync(script, program);
  process.kill(pid, "SIGKILL");
  const taken = spawnSync("bash", ["-c", takeOver, process.execPath, script, new URL(url).port, seen], {
    encoding: "utf8",
  });
  if (taken.status !== 0) throw new Error(`The port could not be taken. ${taken.stderr}`);
  return {
    told: () => (existsSync(seen) ? readFileSync(seen, "utf8").trim().split("\n") : []),
    [Symbol.dispose]() {
      process.kill(Number(taken.stdout), "SIGKILL");
      rmSync(directory, { recursive: true });
    },
  };
}
