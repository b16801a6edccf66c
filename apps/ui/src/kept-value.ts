// One string that this browser keeps under a name.

export interface KeptValue {
  read(): string | null;
  /** Null forgets it. */
  write(value: string | null): void;
}

/** Where the browser refuses storage (private windows, blocked site data), the value lives as long as the page. */
export function createKeptValue(storage: () => Storage, name: string): KeptValue {
  let inPage: string | null = null;
  return {
    read() {
      try {
        return storage().getItem(name);
      } catch {
        return inPage;
      }
    },
    write(value) {
      inPage = value;
      try {
        if (value === null) storage().removeItem(name);
        else storage().setItem(name, value);
      } catch {
        // `inPage` holds it.
      }
    },
  };
}
