// One value that a view follows.

export interface Store<Value> {
  get(): Value;
  /** Tells followers before it returns. */
  set(value: Value): void;
  /** There is more to bring in: at the next look at the value, or within `frameMs`, when followers are told. */
  noteNews(): void;
  subscribe(listener: () => void): () => void;
}

const frameMs = 16;

/** `withNews` brings in what has been noted since it was last called. */
export function createStore<Value>(initial: Value, withNews: (value: Value) => Value): Store<Value> {
  let value = initial;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let hasNews = false;
  const listeners = new Set<() => void>();

  return {
    get: current,
    set: (next) => {
      value = next;
      tell();
    },
    noteNews: () => {
      hasNews = true;
      timer ??= setTimeout(tell, frameMs);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  function current(): Value {
    if (hasNews) {
      hasNews = false;
      value = withNews(value);
    }
    return value;
  }

  function tell(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    for (const listener of listeners) listener();
  }
}
