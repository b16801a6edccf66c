// Widgets by themselves, in the element's styles and under the same policy as the chat.

import { createRoot } from "react-dom/client";

import { createChat } from "../../src/chat/chat.ts";
import { SidekitChatError } from "../../src/errors.ts";
import { stringsFor } from "../../src/locale.ts";
import { chatStyles } from "../../src/styles/sheets.ts";
import { ViewProvider } from "../../src/view/view-context.ts";
import { readWidget } from "../../src/widgets/tree.ts";
import type { FiredAction } from "../../src/widgets/widget-action.ts";
import { WidgetView } from "../../src/widgets/widget-view.tsx";

export interface WidgetPageOptions {
  readonly scheme?: "light" | "dark";
  readonly busy?: boolean;
  readonly locale?: "en" | "es";
  readonly isWithoutActions?: boolean;
  readonly imageDomains?: readonly string[];
}

export interface WidgetPage {
  /** Shows the widgets below each other; the same number of them are drawn over the ones before. */
  show(widgets: readonly unknown[], options?: WidgetPageOptions): void;
  /** What was fired, oldest first. */
  readonly actions: FiredAction[];
  readonly problems: string[];
  /** Ends the oldest action that runs. */
  settle(): void;
  /** Whatever a hostile widget would call. */
  hacked: boolean;
}

declare global {
  interface Window {
    widgetPage: WidgetPage;
  }
}

const host = document.querySelector("#root");
const shadow = host?.attachShadow({ mode: "open" });
if (shadow === undefined) throw new Error("The page has no root.");
shadow.adoptedStyleSheets = [...chatStyles(window)];
const root = createRoot(shadow);
const running: (() => void)[] = [];
const page: WidgetPage = {
  actions: [],
  problems: [],
  hacked: false,
  settle: () => running.shift()?.(),
  show,
};
window.widgetPage = page;

const chat = createChat({
  client: () => {
    throw new SidekitChatError("api_missing");
  },
  emit: () => {},
});

function show(widgets: readonly unknown[], options: WidgetPageOptions = {}): void {
  const locale = options.locale ?? "en";
  root.render(
    <ViewProvider
      value={{
        chat,
        options: { api: { url: "/chatkit", domainKey: "local" }, locale },
        strings: stringsFor(locale),
        emit: (name, ...[detail]) => {
          const error = detail instanceof Object && "error" in detail ? detail.error : null;
          page.problems.push(error instanceof Error ? error.message : name);
        },
        focusComposer: () => {},
      }}
    >
      <section className="frame" data-scheme={options.scheme ?? "light"} aria-label="Chat">
        <h2 className="unseen">Messages</h2>
        <h3 className="unseen">Answer</h3>
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <div className="transcript" role="log" aria-label="Messages" tabIndex={0}>
          <div className="turns">
            {widgets.map((given, at) => {
              const widget = readWidget(given);
              return widget === null ? (
                <p key={at}>not a widget</p>
              ) : (
                <WidgetView
                  key={at}
                  widget={widget}
                  itemId={`item_${at}`}
                  imageDomains={options.imageDomains ?? null}
                  busy={options.busy ?? false}
                  onAction={options.isWithoutActions === true ? null : act}
                />
              );
            })}
          </div>
        </div>
      </section>
    </ViewProvider>,
  );
}

function act(action: FiredAction): Promise<void> {
  page.actions.push(action);
  return new Promise((resolve) => running.push(resolve));
}
