// Widgets from the files that the widget editor writes (protocol D.3).

import { z } from "zod";

import { ChatKitError } from "../errors.ts";
import type { JsonObject } from "../protocol/json.ts";
import { type WidgetRoot, widgetRootSchema } from "../protocol/widgets.ts";
import { parseTemplate } from "./template-rendering.ts";
import { checkWidget } from "./widget-bounds.ts";

export interface WidgetTemplate {
  readonly name: string;
  /**
   * Null members are left out. Throws `internal`, with the reason as cause, when the data lacks what the template uses,
   * or when what comes out is no widget or is beyond the bounds of S113.
   */
  build(data?: JsonObject): WidgetRoot;
}

const fileSchema = z.object({ version: z.literal("1.0"), name: z.string(), template: z.string() });

/**
 * Reads the text of a `.widget` file of version 1.0. Throws `internal`, with the reason as cause, when it is none, or
 * when its template uses more of Jinja than protocol D.3 lists: best called while the application starts.
 */
export function loadWidgetTemplate(text: string): WidgetTemplate {
  return orInternal(() => {
    const { name, template } = fileSchema.parse(JSON.parse(text));
    const render = parseTemplate(template);
    return {
      name,
      build: (data = {}) => {
        return orInternal(() => {
          const tree: unknown = JSON.parse(render(data));
          checkWidget(tree);
          return widgetRootSchema.parse(tree);
        });
      },
    };
  });
}

function orInternal<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw cause instanceof ChatKitError ? cause : new ChatKitError("internal", { cause });
  }
}
