// One value that a view follows.

export interface Store<Value> {
  get(): Value;
  /** Tells followers before it returns. */
  set(value: Value): void;
  /** Tells followers within `frameMs`, together with what else changes until then. */
  setSoon(value: Value): void;
  subscribe(listener: () => void): () => void;
}

const frameMs = 16;

export function createStore<Value>(initial: Value): Store<Value> {
  let value = initial;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const listeners = new Set<() => void>();

  return {
    get: () => value,
    set: (next) => {
      value = next;
      tell();
    },
    setSoon: (next) => {
      value = next;
      timer ??= setTimeout(tell, frameMs);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  function tell(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    for (const listener of listeners) listener();
  }
}
