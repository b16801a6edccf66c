// Settings of the listener: where it is, and who may stand in front of it (S1, S14, S16).

import { BlockList, isIP } from "node:net";

import { z } from "zod";

import { allowedHostsSetting, allowedOriginsSetting } from "./allow-lists.ts";
import type { SettingProblem } from "./setting-problems.ts";

const loopbackAddress = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/;
const network = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]).refine(
  // Everybody, which is what a list is there to prevent.
  (entry) => !entry.endsWith("/0"),
);

/** Their variables, to be spread into the schema of the environment. */
export const listenerSettings = {
  SIDEKIT_HOST: z
    .string()
    .refine((value) => isIP(value) !== 0, "must be an address such as 127.0.0.1")
    .default("127.0.0.1")
    .describe("Where to listen. Other than loopback only with `SIDEKIT_REMOTE`."),
  SIDEKIT_PORT: z
    .string()
    .regex(/^\d{1,5}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.number().max(65_535, "must be at most 65535"))
    .default(4310)
    .describe("Port; 0 lets the kernel choose."),
};

export const reachSettings = {
  SIDEKIT_REMOTE: z
    .enum(["0", "1"], "must be 0 or 1")
    .default("0")
    .describe(
      "1 lets the sidecar listen on an address other than loopback; needs `SIDEKIT_ALLOWED_HOSTS` and `SIDEKIT_TRUSTED_PROXIES` too.",
    ),
  SIDEKIT_TRUSTED_PROXIES: z
    .string()
    .transform((value) => value.split(",").map((entry) => entry.trim()))
    .pipe(
      z
        .array(z.string())
        .max(64, "must name at most 64 proxies")
        .refine(
          (entries) => entries.every((entry) => network.safeParse(entry).success),
          "must be addresses or networks such as 10.0.0.0/8, separated by commas",
        ),
    )
    .optional()
    .describe("Addresses and networks of the reverse proxies whose `X-Forwarded-*` fields are believed."),
  SIDEKIT_ALLOWED_HOSTS: allowedHostsSetting
    .optional()
    .describe("Host fields that are served, comma-separated. Derived from host and port."),
  SIDEKIT_ALLOWED_ORIGINS: allowedOriginsSetting
    .optional()
    .describe("Origins that may call, comma-separated. Derived from the allowed hosts."),
};

/** What an address beyond this machine needs, all of it: by mistake nobody listens there. */
export function remoteProblems(values: {
  readonly SIDEKIT_HOST: string;
  readonly SIDEKIT_REMOTE: "0" | "1";
  readonly SIDEKIT_TRUSTED_PROXIES?: readonly string[] | undefined;
  readonly SIDEKIT_ALLOWED_HOSTS?: readonly string[] | undefined;
}): SettingProblem[] {
  if (loopbackAddress.test(values.SIDEKIT_HOST)) return [];
  const missing = [
    ...(values.SIDEKIT_REMOTE === "0" ? ["SIDEKIT_REMOTE"] : []),
    ...(values.SIDEKIT_ALLOWED_HOSTS === undefined ? ["SIDEKIT_ALLOWED_HOSTS"] : []),
    ...(values.SIDEKIT_TRUSTED_PROXIES === undefined ? ["SIDEKIT_TRUSTED_PROXIES"] : []),
  ];
  return missing.map((setting) => ({
    setting,
    problem: "is needed, because SIDEKIT_HOST is not a loopback address",
  }));
}

/** Whether a URL's host is this machine. */
export function isLoopbackName(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Whether a peer is one of these addresses or in one of these networks. */
export function proxyMatcher(entries: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = "", prefix] = entry.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (address) => {
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 6 ? "ipv6" : "ipv4");
  };
}
