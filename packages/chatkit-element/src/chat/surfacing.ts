// What nobody foresaw comes to the surface: shown in the chat and told to the page, whoever called.

import { SidekitChatError } from "../errors.ts";
import type { Emit } from "./chat.ts";

export interface Surfacing {
  /** Emits as before; an error told this way is known. */
  readonly emit: Emit;
  /** Whoever waits for the error already deals with it. */
  know(error: unknown): void;
  /** The same operation. What it throws, or rejects with, is surfaced unless it is known or one of our own refusals. */
  wrap<Args extends unknown[], Result>(operation: (...args: Args) => Result): (...args: Args) => Result;
}

export function createSurfacing(emitToPage: Emit, show: (error: unknown) => void): Surfacing {
  const known = new WeakSet<object>();

  const emit: Emit = (name, ...detail) => {
    const [told] = detail;
    if (typeof told === "object" && told !== null && "error" in told) know(told.error);
    emitToPage(name, ...detail);
  };

  return {
    emit,
    know,
    wrap:
      (operation) =>
      (...args) => {
        try {
          const result = operation(...args);
          if (result instanceof Promise) result.catch(surface);
          return result;
        } catch (error) {
          surface(error);
          throw error;
        }
      },
  };

  function know(error: unknown): void {
    if (typeof error === "object" && error !== null) known.add(error);
  }

  function surface(error: unknown): void {
    if (error instanceof SidekitChatError) return;
    if (typeof error === "object" && error !== null && known.has(error)) return;
    show(error);
    emitToPage("chatkit.error", { error: error instanceof Error ? error : new Error(String(error)) });
  }
}
