// The element's style sheets, made once per document and shared by every element in it.

import { citationsCss } from "./citations.ts";
import { codeCss } from "./code.ts";
import { composerFilesCss } from "./composer-files.ts";
import { composerToolsCss } from "./composer-tools.ts";
import { composerCss } from "./composer.ts";
import { conversationCss } from "./conversation.ts";
import { frameCss } from "./frame.ts";
import { historyCss } from "./history.ts";
import { markdownCss } from "./markdown.ts";
import { questionsCss } from "./questions.ts";
import { touchCss } from "./touch.ts";
import { widgetControlsCss } from "./widget-controls.ts";
import { widgetCss } from "./widget.ts";

type View = Window & typeof globalThis;

const sheetsOf = new WeakMap<View, readonly CSSStyleSheet[]>();

/** Constructed sheets: a strict content security policy takes no others. */
export function chatStyles(view: View): readonly CSSStyleSheet[] {
  const sheets =
    sheetsOf.get(view) ??
    [
      frameCss,
      conversationCss,
      markdownCss,
      citationsCss,
      codeCss,
      composerCss,
      composerToolsCss,
      composerFilesCss,
      questionsCss,
      historyCss,
      widgetCss,
      widgetControlsCss,
      touchCss,
    ].map((css) => {
      const sheet = new view.CSSStyleSheet();
      sheet.replaceSync(css);
      return sheet;
    });
  sheetsOf.set(view, sheets);
  return sheets;
}
