// Citations of a model's answer as annotations of a message.

import { z } from "zod";

import type { Annotation } from "../protocol/index.ts";

const citationSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("url_citation"),
    url: z.string(),
    title: z.string().nullish(),
    end_index: z.int().nonnegative(),
  }),
  z.object({ type: z.literal("file_citation"), filename: z.string(), index: z.int().nonnegative() }),
  z.object({
    type: z.literal("container_file_citation"),
    filename: z.string(),
    end_index: z.int().nonnegative(),
  }),
]);

/**
 * Null when there is nothing to show for it: an unknown kind, a file without a name, or a link that is not http or
 * https (S110).
 */
export function annotationOf(citation: unknown): Annotation | null {
  const parsed = citationSchema.safeParse(citation);
  if (!parsed.success) return null;
  const cited = parsed.data;
  if (cited.type === "url_citation") {
    const url = webUrl(cited.url);
    if (!url) return null;
    return {
      type: "annotation",
      source: { type: "url", title: cited.title || url.hostname, url: cited.url },
      index: cited.end_index,
    };
  }
  if (!cited.filename) return null;
  return {
    type: "annotation",
    source: { type: "file", title: cited.filename, filename: cited.filename },
    index: cited.type === "file_citation" ? cited.index : cited.end_index,
  };
}

/** The text itself must begin like a web address, so that no reader of it finds another scheme. */
function webUrl(text: string): URL | null {
  return /^https?:\/\//i.test(text) ? URL.parse(text) : null;
}
