import { inspect } from "node:util";

const shown = "[secret]";

/**
 * A value that nothing shows by accident: string, JSON, template, inspect and error forms are `[secret]`, a spread copy
 * holds no way to the value, and a structured clone is refused (S143). `reveal()` belongs on the line that sends or
 * verifies the value.
 */
export class Secret {
  readonly #value: string;
  /** A function cannot be cloned, so no message to a worker carries the object away. */
  readonly uncloneable = (): string => shown;

  constructor(value: string) {
    this.#value = value;
    Object.freeze(this);
  }

  reveal(): string {
    return this.#value;
  }

  /** Whether the other one holds the same value. Not for what a stranger presents: the time it takes tells. */
  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [Symbol.toPrimitive](): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}
