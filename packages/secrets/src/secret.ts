import { inspect } from "node:util";

const shown = "[secret]";

/**
 * A value that nothing shows by accident: string, JSON, template, inspect, spread and error forms are `[secret]`,
 * and a structured clone of it is refused. `reveal()` belongs on the line that sends or verifies the value.
 */
export class Secret {
  readonly #value: string;
  /** Functions cannot be cloned, so a message to a worker cannot carry the object away. */
  readonly reveal: () => string;

  constructor(value: string) {
    this.#value = value;
    this.reveal = () => this.#value;
    Object.defineProperty(this, "reveal", { enumerable: true });
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
