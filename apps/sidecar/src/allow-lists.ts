// Host and Origin lists: exact strings, no patterns of any kind (S12, S14).

import { z } from "zod";

const hostPattern = /^(\[[0-9a-f:]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:\d{1,5})?$/i;
const originPattern = /^[a-z][a-z0-9+.-]*:\/\/[A-Za-z0-9[][A-Za-z0-9.:[\]_-]*$/;

export const allowedHostsSetting = z
  .string()
  .transform(splitList)
  .pipe(
    z
      .array(
        z.string().regex(hostPattern, "must be exact host names with an optional port, without patterns"),
      )
      .min(1, "must name at least one host")
      .max(64, "must name at most 64 hosts"),
  );

export const allowedOriginsSetting = z
  .string()
  .transform(splitList)
  .pipe(
    z
      .array(
        z
          .string()
          .regex(originPattern, "must be exact origins such as https://app.example.com, without patterns"),
      )
      .min(1, "must name at least one origin")
      .max(64, "must name at most 64 origins"),
  );

export interface AllowLists {
  hostAllowed(field: string): boolean;
  originAllowed(field: string): boolean;
  /** Where clients find this server: the bound address, or the first host that was configured. */
  readonly publicUrl: string;
  /** The literal bound address (S3). */
  readonly boundUrl: string;
}

/** The lists in force once the port is known. */
export function createAllowLists(options: {
  readonly host: string;
  readonly port: number;
  readonly hosts: readonly string[] | null;
  readonly origins: readonly string[] | null;
  /** Of the moment: whether a page of this origin is open. */
  readonly isRegistered?: (origin: string) => boolean;
}): AllowLists {
  const literal = options.host.includes(":") ? `[${options.host}]` : options.host;
  const bound = `${literal}:${options.port}`;
  const hosts = new Set((options.hosts ?? [bound]).map((host) => withoutDefaultPort(host.toLowerCase())));
  const origins = new Set(options.origins ?? [...hosts].map(originOf));
  const first = options.hosts?.[0];
  return {
    hostAllowed: (field) => hosts.has(withoutDefaultPort(field.toLowerCase())),
    originAllowed: (field) => origins.has(field) || options.isRegistered?.(field) === true,
    boundUrl: `http://${bound}`,
    publicUrl: first === undefined ? `http://${bound}` : originOf(withoutDefaultPort(first)),
  };
}

function splitList(value: string): string[] {
  return value
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

function withoutDefaultPort(host: string): string {
  return host.replace(/^([^:]+|\[[^\]]*\]):(?:80|443)$/, "$1");
}

/** A name that is not loopback is reached through a proxy that terminates TLS. */
function originOf(host: string): string {
  const loopback = /^(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d+)?$/.test(host);
  return `${loopback ? "http" : "https"}://${host}`;
}
