// Debian's nginx with the configuration of docs/server.md, on ports and with a certificate of the test.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import { run } from "./child-process.ts";
import { blocksOf } from "./doc-examples.ts";

export const nginxPath = "/usr/sbin/nginx";
export const hasNginx = existsSync(nginxPath) && existsSync("/usr/bin/openssl");
export const publicName = "chat.example.com";

export interface Nginx extends AsyncDisposable {
  /** Where it listens for TLS. */
  readonly port: number;
  /** What signs for the certificate: its own. */
  readonly certificateFile: string;
  readonly certificate: string;
  /** Begins to serve, with this sidecar behind it. `change` is made to the configuration before. */
  start(sidecarPort: number, change?: (configuration: string) => string): Promise<void>;
}

/** Not started yet: the sidecar has to know its port first. */
export async function prepareNginx(): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), "sidekit-nginx-"));
  const port = await freePort();
  const certificateFile = join(folder, "certificate.pem");
  const keyFile = join(folder, "key.pem");
  const made = await run(
    "openssl",
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2 -subj /CN=${publicName}
      -addext subjectAltName=DNS:${publicName} -keyout ${keyFile} -out ${certificateFile}`.split(/\s+/),
  );
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`);
  let stop = async () => {};

  return {
    port,
    certificateFile,
    certificate: readFileSync(certificateFile, "utf8"),
    async start(sidecarPort, change = (configuration) => configuration) {
      const file = join(folder, "nginx.conf");
      const site = siteOfDocs()
        .replaceAll("listen 443", `listen 127.0.0.1:${port}`)
        .replace("/etc/letsencrypt/live/chat.example.com/fullchain.pem", certificateFile)
        .replace("/etc/letsencrypt/live/chat.example.com/privkey.pem", keyFile)
        .replace("127.0.0.1:4310", `127.0.0.1:${sidecarPort}`);
      writeFileSync(file, mainConfiguration(folder, change(site)));
      const child = spawn(nginxPath, ["-p", folder, "-c", file, "-e", "stderr"], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      let stderr = "";
      child.stderr.on("data", (chunk) => (stderr += chunk));
      const ended = once(child, "exit");
      stop = async () => {
        child.kill("SIGTERM");
        await ended;
      };
      for (let attempt = 0; !existsSync(join(folder, "nginx.pid")); attempt++) {
        if (attempt > 100 || child.exitCode !== null) throw new Error(`nginx did not start: ${stderr}`);
        await wait(50);
      }
    },
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function siteOfDocs(): string {
  const [site] = blocksOf("docs/server.md", "nginx");
  if (site === undefined) throw new Error("docs/server.md has no configuration of nginx.");
  return site;
}

/** What Debian's own nginx.conf says around the sites, in folders of the test. */
function mainConfiguration(folder: string, site: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => {
    const path = join(folder, kind);
    mkdirSync(path);
    return `${kind}_temp_path ${path};`;
  });
  return `
${process.getuid?.() === 0 ? "user root;" : ""}
daemon off;
pid ${join(folder, "nginx.pid")};
worker_processes 1;
events { worker_connections 1024; }
http {
  access_log off;
  ${temporary.join("\n  ")}
  ${site}
}
`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
