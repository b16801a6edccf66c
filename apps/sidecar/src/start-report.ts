// What the start-up event says: the settings in force, every safeguard that was loosened, and the limits (S189).

import { fingerprint } from "@sidekit/secrets";

import { vendorBaseUrl } from "./settings.ts";
import type { Config } from "./config.ts";
import { descriptorLimit } from "./file-descriptors.ts";
import { httpLimitsFor } from "./http-limits.ts";
import { limitsInForce } from "./limits.ts";
import type { KeyConfig } from "./settings-keys.ts";

/** Keys by fingerprint; neither paths, nor words to a model, nor addresses with anything in them but a host. */
export function describeStart(config: Config): Record<string, unknown> {
  const http = httpLimitsFor({ proxied: config.trustedProxies.length > 0, descriptors: descriptorLimit() });
  return {
    config: {
      mode: config.mode,
      logLevel: config.logLevel,
      host: config.host,
      port: config.port,
      allowedHosts: config.allowedHosts ?? "derived",
      allowedOrigins: config.allowedOrigins ?? "derived",
      trustedProxies: config.trustedProxies,
      upstream: config.upstreamIsVendor ? "vendor" : new URL(config.upstreamBaseUrl).host,
      keys: config.keys.map(describeKey),
      profiles: config.profiles.map((profile) => ({ ...profile, instructions: undefined })),
      detachGraceMs: config.detachGraceMs,
      uploadQuotaMb: config.uploadQuotaMb,
      files: config.s3 === null ? "data directory" : new URL(config.s3.endpoint).host,
      filesKey: config.s3 === null ? null : fingerprint(config.s3.secretAccessKey),
      mintsPerMinute: config.mintsPerMinute,
      budgets: config.budgets,
      auditDays: config.auditDays,
      jwt: config.issuers.jwt === null ? "off" : new URL(config.issuers.jwt.jwksUrl).host,
      serviceKeys: config.issuers.serviceKeysFile === null ? "off" : "file",
      element: config.element.kind,
    },
    loosened: loosenedSafeguards(config),
    limits: limitsInForce(http, config),
  };
}

/** Each a word for something that is safer by default. */
export function loosenedSafeguards(config: Config): string[] {
  const loosened = {
    "debugger allowed": config.mode === "development",
    "runs as root": config.asRoot,
    "upstream without TLS": config.upstreamBaseUrl.startsWith("http:"),
    "another upstream than the vendor's": !config.upstreamBaseUrl.startsWith(new URL(vendorBaseUrl).origin),
    "file store without TLS": config.s3?.endpoint.startsWith("http:") === true,
    "forwarded fields believed": config.trustedProxies.length > 0,
    "script of another host on the page": config.element.scriptUrl !== null,
    "own origins": config.allowedOrigins !== null,
  };
  return Object.entries(loosened).flatMap(([name, is]) => (is ? [name] : []));
}

function describeKey({ id, source }: KeyConfig): Record<string, unknown> {
  if (source.kind !== "environment") return { id, source: source.kind };
  return source.value === null
    ? { id, source: "none" }
    : { id, source: source.kind, fingerprint: fingerprint(source.value) };
}
