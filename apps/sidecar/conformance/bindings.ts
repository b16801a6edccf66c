// Which generated id stands behind which placeholder, such as `<thread:1>`, within one case.

const idKinds = ["thread", "message", "tool_call", "task", "workflow", "attachment", "sdk_hidden_context"];
const placeholder = /^<([a-z_]+):\d+>$/;

export interface Bindings {
  /** Ties the placeholder to the value. False when it is tied to another, or the value to another placeholder. */
  bind(placeholder: string, value: string): boolean;
  /** The value behind a name without brackets, such as `thread:1`. */
  valueOf(name: string): string | undefined;
  /** All ties so far, to go back to. */
  snapshot(): ReadonlyMap<string, string>;
  restore(snapshot: ReadonlyMap<string, string>): void;
}

export function createBindings(): Bindings {
  let values = new Map<string, string>();
  return {
    bind(given, value) {
      const known = values.get(given);
      if (known !== undefined) return known === value;
      // Cursors are a namespace of their own: a cursor may or may not be an id.
      const cursor = isCursor(given);
      for (const [other, taken] of values) if (taken === value && isCursor(other) === cursor) return false;
      values.set(given, value);
      return true;
    },
    valueOf: (name) => values.get(`<${name}>`),
    snapshot: () => new Map(values),
    restore(snapshot) {
      values = new Map(snapshot);
    },
  };
}

/** What the text is in an expectation: a placeholder of a known kind, of an unknown one, or plain text. */
export function placeholderKind(text: string): "id" | "unknown" | null {
  const kind = placeholder.exec(text)?.[1];
  if (kind === undefined) return null;
  return kind === "cursor" || idKinds.includes(kind) ? "id" : "unknown";
}

function isCursor(text: string): boolean {
  return text.startsWith("<cursor:");
}
