// The values that the protocol leaves open, and how it writes "not there".

import { z } from "zod";

export type Json = string | number | boolean | null | Json[] | { [member: string]: Json };
export type JsonObject = { [member: string]: Json };

/** Any JSON value; the member itself has to be there. Nothing inside is looked at. */
export const json = z.custom<Json>((value) => value !== undefined, "Required");

export const jsonObject = z.record(z.string(), json);

/** A member that may be absent. Null on the way in means absent, and is never written. */
export function optional<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => value ?? undefined, schema.optional());
}
