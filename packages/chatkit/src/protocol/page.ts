// Pages of threads and items.

import { z } from "zod";

import { optional } from "./json.ts";

/** One page. `after` is the id of its last row, there only while more rows follow. */
export interface Page<Row> {
  data: Row[];
  has_more: boolean;
  after?: string | undefined;
}

export const orderSchema = z.enum(["asc", "desc"]);
export type Order = z.infer<typeof orderSchema>;

/** How a client asks for a page. Absent, null and 0 as `limit` all mean the default of 20. */
export const pageParamsSchema = z.object({
  limit: optional(z.int().nonnegative()),
  order: orderSchema.default("desc"),
  after: optional(z.string()),
});
export type PageParams = z.infer<typeof pageParamsSchema>;

export function pageSchema<Row extends z.ZodType>(row: Row) {
  return z.object({ data: z.array(row), has_more: z.boolean(), after: optional(z.string()) });
}
