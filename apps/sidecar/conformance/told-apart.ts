// A union of strict objects that says what is wrong with the one that was meant.

import { z } from "zod";

/** An object that is told apart by which of these members it has; it must have exactly one of them. */
export function byMember<Schemas extends Readonly<Record<string, z.ZodType>>>(
  what: string,
  schemas: Schemas,
) {
  return z.unknown().transform((given, context): z.output<Schemas[keyof Schemas]> => {
    const names = typeof given === "object" && given !== null ? Object.keys(given) : [];
    const [found, ...others] = names.filter((name) => Object.hasOwn(schemas, name));
    const schema = found === undefined || others.length > 0 ? undefined : schemas[found];
    if (schema === undefined) {
      context.addIssue({ code: "custom", message: `is no ${what} that is known here (${names.join(", ")})` });
      return z.NEVER;
    }
    const parsed = z.safeParse(schema, given) as z.ZodSafeParseResult<z.output<Schemas[keyof Schemas]>>;
    if (parsed.success) return parsed.data;
    for (const { path, message } of parsed.error.issues) context.addIssue({ code: "custom", path, message });
    return z.NEVER;
  });
}
