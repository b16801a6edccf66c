// Settings of the store for files, when that is not the data directory.

import { Secret } from "@sidekit/secrets";
import { z } from "zod";

import type { SettingProblem } from "./setting-problems.ts";
import { isLoopbackName } from "./settings-network.ts";

/** Their variables, to be spread into the schema of the environment. */
export const fileStoreSettings = {
  SIDEKIT_S3_ENDPOINT: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .optional()
    .describe("S3-compatible store for files; without it they are in the data directory."),
  SIDEKIT_S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be a bucket name")
    .optional()
    .describe("Bucket for files; it has to exist."),
  SIDEKIT_S3_REGION: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, "must be a region such as us-east-1")
    .default("us-east-1")
    .describe("Region that requests to the store are signed for."),
  SIDEKIT_S3_ACCESS_KEY_ID: z.string().max(256).optional().describe("Whose requests to the store they are."),
  SIDEKIT_S3_SECRET_ACCESS_KEY: z.string().max(512).optional().describe("What they are signed with."),
};

/** A store outside this process for the bytes of attachments. */
export interface S3Setting {
  /** Without a trailing slash. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
}

type S3Values = { readonly SIDEKIT_S3_REGION: string } & {
  readonly [Name in Exclude<keyof typeof fileStoreSettings, "SIDEKIT_S3_REGION">]?: string | undefined;
};

export function s3Setting(values: S3Values): S3Setting | null {
  const {
    SIDEKIT_S3_ENDPOINT: endpoint,
    SIDEKIT_S3_BUCKET: bucket,
    SIDEKIT_S3_ACCESS_KEY_ID: accessKeyId,
    SIDEKIT_S3_SECRET_ACCESS_KEY: secret,
  } = values;
  if (!endpoint || !bucket || !accessKeyId || !secret) return null;
  return Object.freeze({
    endpoint: endpoint.replace(/\/+$/, ""),
    bucket,
    region: values.SIDEKIT_S3_REGION,
    accessKeyId,
    secretAccessKey: new Secret(secret),
  });
}

/** All four, or none: half a store would leave files where nobody looks for them. */
export function s3Problems(values: S3Values): SettingProblem[] {
  const names = [
    "SIDEKIT_S3_ENDPOINT",
    "SIDEKIT_S3_BUCKET",
    "SIDEKIT_S3_ACCESS_KEY_ID",
    "SIDEKIT_S3_SECRET_ACCESS_KEY",
  ] as const;
  const missing = names.filter((name) => values[name] === undefined);
  if (missing.length === names.length) return [];
  const problems: SettingProblem[] = missing.map((setting) => ({
    setting,
    problem: "is needed, because another setting of the store for files is set",
  }));
  if (values.SIDEKIT_S3_ENDPOINT === undefined) return problems;
  const endpoint = new URL(values.SIDEKIT_S3_ENDPOINT);
  if (endpoint.protocol === "http:" && !isLoopbackName(endpoint.hostname)) {
    problems.push({ setting: "SIDEKIT_S3_ENDPOINT", problem: "must use https, except on loopback" });
  }
  if (
    endpoint.username !== "" ||
    endpoint.password !== "" ||
    endpoint.search !== "" ||
    endpoint.hash !== ""
  ) {
    problems.push({
      setting: "SIDEKIT_S3_ENDPOINT",
      problem: "must not carry credentials, a query or a fragment",
    });
  }
  return problems;
}
