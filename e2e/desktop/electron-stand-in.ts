// The few functions of Electron's main process that docs/desktop.md calls, so that its example runs against a real
// sidecar. What they do here is what Electron's documentation says of them, and no more.

declare global {
  namespace NodeJS {
    interface Process {
      resourcesPath: string;
    }
  }
}

interface Frame {
  readonly origin: string;
  readonly parent: Frame | null;
}

interface QuitEvent {
  preventDefault(): void;
}

type Handler = (event: { readonly senderFrame: Frame | null }, call: unknown) => unknown;

const handlers = new Map<string, Handler>();
const quitListeners: ((event: QuitEvent) => void)[] = [];
const loaded: string[] = [];
const left = Promise.withResolvers<void>();

export const app = {
  whenReady: async () => {},
  getPath: (_name: "userData") => process.env["TEST_DATA_DIR"] ?? "",
  on(_event: "before-quit", listener: (event: QuitEvent) => void) {
    quitListeners.push(listener);
  },
  quit() {
    let prevented = false;
    for (const listener of quitListeners) listener({ preventDefault: () => (prevented = true) });
    if (!prevented) left.resolve();
  },
};

export class BrowserWindow {
  readonly options: object;

  constructor(options: {
    readonly webPreferences: {
      readonly preload: string;
      readonly contextIsolation: boolean;
      readonly sandbox: boolean;
    };
  }) {
    this.options = options;
  }

  async loadURL(url: string): Promise<void> {
    loaded.push(url);
  }
}

export const ipcMain = {
  handle(channel: string, handler: Handler) {
    handlers.set(channel, handler);
  },
};

export const ipcRenderer = {
  invoke: async (channel: string, call: unknown): Promise<unknown> =>
    handlers.get(channel)?.({ senderFrame: null }, call),
};

export const contextBridge = {
  exposeInMainWorld(_name: string, _value: unknown) {},
};

export const protocol = {
  registerSchemesAsPrivileged(_schemes: readonly object[]) {},
  handle(_scheme: string, _handler: (request: Request) => Response | Promise<Response>) {},
};

/** What the test does in the place of people and pages. */
export const standIn = {
  loaded,
  callFrom: async (frame: Frame, call: unknown): Promise<unknown> =>
    handlers.get("sidekit")?.({ senderFrame: frame }, call),
  async quit() {
    app.quit();
    await left.promise;
  },
};
