// Settings of who may ask for sessions beside the person at the launch token: a product's own tokens, other backends.

import { resolve } from "node:path";

import { z } from "zod";

import type { SettingProblem } from "./setting-problems.ts";

const loopbackHosts = new Set(["127.0.0.1", "[::1]", "localhost"]);
const text = z.string().min(1).max(512);

/** Their variables, to be spread into the schema of the environment. */
export const issuerSettings = {
  SIDEKIT_JWKS_URL: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .optional()
    .describe("Where the public keys of your access tokens are. Switches on `jwt` credentials."),
  SIDEKIT_JWT_ISSUER: text.optional().describe("The `iss` that such a token has to have."),
  SIDEKIT_JWT_AUDIENCE: text.optional().describe("The `aud` that such a token has to have."),
  SIDEKIT_JWT_TENANT_CLAIM: z
    .string()
    .regex(/^[\w:./-]{1,128}$/, "must be the name of a claim")
    .optional()
    .describe("The claim that names the tenant; without it all users are of one."),
  SIDEKIT_SERVICE_KEYS_FILE: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe("A file of hashed keys of other backends; watched. Switches on `service` credentials."),
};

type IssuerValues = z.infer<z.ZodObject<typeof issuerSettings>>;

export interface JwtSetting {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
  /** Null: all users are of one tenant. */
  readonly tenantClaim: string | null;
}

export interface IssuerConfig {
  /** Null: no tokens of that kind are taken. */
  readonly jwt: JwtSetting | null;
  /** Absolute; null: no service keys are taken. */
  readonly serviceKeysFile: string | null;
}

export function parseIssuers(
  values: IssuerValues,
  root: string,
): { readonly issuers: IssuerConfig; readonly problems: readonly SettingProblem[] } {
  const file = values.SIDEKIT_SERVICE_KEYS_FILE;
  const serviceKeysFile = file === undefined ? null : resolve(root, file);
  const required = {
    SIDEKIT_JWKS_URL: values.SIDEKIT_JWKS_URL,
    SIDEKIT_JWT_ISSUER: values.SIDEKIT_JWT_ISSUER,
    SIDEKIT_JWT_AUDIENCE: values.SIDEKIT_JWT_AUDIENCE,
  };
  const missing = Object.entries(required).flatMap(([name, value]) => (value === undefined ? [name] : []));
  const anySet = missing.length < 3 || values.SIDEKIT_JWT_TENANT_CLAIM !== undefined;
  const problems: SettingProblem[] = anySet
    ? missing.map((setting) => ({
        setting,
        problem: "is needed, because another SIDEKIT_JWT setting is there",
      }))
    : [];
  const { SIDEKIT_JWKS_URL: jwksUrl, SIDEKIT_JWT_ISSUER: issuer, SIDEKIT_JWT_AUDIENCE: audience } = values;
  if (jwksUrl !== undefined) problems.push(...urlProblems(new URL(jwksUrl)));
  const jwt =
    jwksUrl === undefined || issuer === undefined || audience === undefined
      ? null
      : { jwksUrl, issuer, audience, tenantClaim: values.SIDEKIT_JWT_TENANT_CLAIM ?? null };
  return { issuers: { jwt, serviceKeysFile }, problems };
}

function urlProblems(url: URL): SettingProblem[] {
  const setting = "SIDEKIT_JWKS_URL";
  const problems: SettingProblem[] = [];
  if (url.protocol === "http:" && !loopbackHosts.has(url.hostname))
    problems.push({ setting, problem: "must use https, except on loopback" });
  if (url.username !== "" || url.password !== "" || url.hash !== "")
    problems.push({ setting, problem: "must not carry credentials or a fragment" });
  return problems;
}
