// One value that components follow with `useSyncExternalStore`.

export interface Observed<Value> {
  /** The same object until something changes. */
  current(): Value;
  /** Returns what ends it. */
  subscribe(listener: () => void): () => void;
}

export interface Observable<Value> extends Observed<Value> {
  /** Listeners have been told when it returns. */
  put(next: Value): void;
}

export function createObservable<Value>(initial: Value): Observable<Value> {
  const listeners = new Set<() => void>();
  let value = initial;
  return {
    current: () => value,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    put(next) {
      value = next;
      for (const listener of listeners) listener();
    },
  };
}
