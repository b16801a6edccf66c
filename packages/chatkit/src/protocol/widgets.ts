// Widget trees as they are stored and sent: components and members that are not known here pass through as they are,
// for new ones come with every release of the vendor's element. What is known is in widget-components.ts.

import { z } from "zod";

export const widgetComponentSchema = z
  .looseObject({ type: z.string(), id: z.string().nullish(), key: z.string().nullish() })
  .transform(withoutNulls);
export type WidgetComponent = z.infer<typeof widgetComponentSchema>;

export const widgetRootSchema = z
  .looseObject({
    type: z.enum(["Card", "ListView", "Basic"]),
    id: z.string().nullish(),
    key: z.string().nullish(),
  })
  .transform(withoutNulls);
export type WidgetRoot = z.infer<typeof widgetRootSchema>;

/**
 * Null means absent, for members and among children, except inside the payload of an action, which is the application's
 * own (protocol 5.1). Other lists keep theirs: they are data.
 */
function withoutNulls<Tree>(tree: Tree): Tree;
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => withoutNulls(element));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([name, member]) => [name, memberWithoutNulls(name, member)]),
  );
}

function memberWithoutNulls(name: string, member: unknown): unknown {
  if (name === "payload") return member;
  const there =
    name === "children" && Array.isArray(member) ? member.filter((child) => child !== null) : member;
  return withoutNulls(there);
}

function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
