// The element's style sheets, made once per page and shared by every element on it.

import { composerFilesCss } from "./composer-files.ts";
import { composerToolsCss } from "./composer-tools.ts";
import { composerCss } from "./composer.ts";
import { conversationCss } from "./conversation.ts";
import { frameCss } from "./frame.ts";
import { historyCss } from "./history.ts";
import { markdownCss } from "./markdown.ts";
import { questionsCss } from "./questions.ts";
import { widgetControlsCss } from "./widget-controls.ts";
import { widgetCss } from "./widget.ts";

let sheets: CSSStyleSheet[] | null = null;

/** Constructed sheets: a strict content security policy takes no others. */
export function chatStyles(): readonly CSSStyleSheet[] {
  sheets ??= [
    frameCss,
    conversationCss,
    markdownCss,
    composerCss,
    composerToolsCss,
    composerFilesCss,
    questionsCss,
    historyCss,
    widgetCss,
    widgetControlsCss,
  ].map((css) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    return sheet;
  });
  return sheets;
}
