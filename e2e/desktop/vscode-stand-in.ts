// The few functions of an editor's extension host that docs/desktop.md calls, so that its example runs against a real
// sidecar. What they do here is what the editor's documentation says of them, and no more.

interface Disposable {
  dispose(): unknown;
}

export interface Webview {
  html: string;
  readonly cspSource: string;
  onDidReceiveMessage(listener: (message: unknown) => unknown): Disposable;
  postMessage(message: unknown): Promise<boolean>;
}

export interface ExtensionContext {
  readonly subscriptions: Disposable[];
  readonly extensionUri: { readonly fsPath: string };
  readonly globalStorageUri: { readonly fsPath: string };
  readonly secrets: {
    get(key: string): Promise<string | undefined>;
    onDidChange(listener: (event: { readonly key: string }) => unknown): Disposable;
  };
  asAbsolutePath(path: string): string;
}

const nothing: Disposable = { dispose: () => undefined };
const registered = new Map<string, () => unknown>();
const secretListeners: ((event: { readonly key: string }) => unknown)[] = [];
const fromPage: ((message: unknown) => unknown)[] = [];
const closeListeners: (() => unknown)[] = [];
const toPage: unknown[] = [];
const secrets = new Map<string, string>();

export const ViewColumn = { Beside: -2 } as const;

export const commands = {
  registerCommand(name: string, run: () => unknown): Disposable {
    registered.set(name, run);
    return nothing;
  },
};

export const window = {
  createWebviewPanel(
    _type: string,
    _title: string,
    _column: number,
    _options: { readonly enableScripts: boolean; readonly localResourceRoots: readonly object[] },
  ) {
    const webview: Webview = {
      html: "",
      cspSource: "https://resource.example",
      onDidReceiveMessage(listener) {
        fromPage.push(listener);
        return nothing;
      },
      async postMessage(message) {
        toPage.push(message);
        return true;
      },
    };
    return {
      webview,
      onDidDispose(listener: () => unknown): Disposable {
        closeListeners.push(listener);
        return nothing;
      },
    };
  },
};

/** What the test does in the place of people and pages. */
export const standIn = {
  context: {
    subscriptions: [] as Disposable[],
    extensionUri: { fsPath: "" },
    globalStorageUri: { fsPath: process.env["TEST_DATA_DIR"] ?? "" },
    secrets: {
      get: async (key: string) => secrets.get(key),
      onDidChange(listener: (event: { readonly key: string }) => unknown): Disposable {
        secretListeners.push(listener);
        return nothing;
      },
    },
    asAbsolutePath: (path: string) => path,
  } satisfies ExtensionContext,
  async store(key: string, value: string) {
    secrets.set(key, value);
    for (const listener of secretListeners) await listener({ key });
  },
  run: (command: string) => registered.get(command)?.(),
  async say(message: unknown): Promise<unknown> {
    for (const listener of fromPage) await listener(message);
    return toPage.at(-1);
  },
  async closePanel() {
    for (const listener of closeListeners) await listener();
  },
};
