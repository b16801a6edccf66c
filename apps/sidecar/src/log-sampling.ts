// Identical warnings: the first is logged at once, the others once a window, as a count (S166).

import type { LoggerOptions } from "pino";

const windowMs = 5000;
/** Beyond so many kinds at a time the rest count as one. */
const maxKinds = 256;
const warn = 40;
const fatal = 60;
/** Members that tell one kind of warning from another. Ids, counts and durations tell occurrences apart. */
const telling = ["code", "reason", "appCode", "operation", "kind", "tool", "status"] as const;

type LogMethod = NonNullable<NonNullable<LoggerOptions["hooks"]>["logMethod"]>;

interface Kind {
  left: number;
  /** Logs the last of those that were left out. */
  say: (count: number) => void;
}

/** For pino's `hooks.logMethod`: warnings and errors are sampled, all else passes. Its timers keep no process alive. */
export function sampleWarnings(options: { readonly windowMs?: number } = {}): LogMethod {
  const kinds = new Map<string, Kind>();
  const closeWindow = (name: string) => {
    const kind = kinds.get(name);
    kinds.delete(name);
    if (kind === undefined || kind.left === 0) return;
    open(name);
    kind.say(kind.left);
  };
  const open = (name: string) => {
    kinds.set(name, { left: 0, say: () => {} });
    setTimeout(closeWindow, options.windowMs ?? windowMs, name).unref();
  };

  return function logMethod(args, method, level) {
    if (level < warn || level >= fatal) return method.apply(this, args);
    const named = kindOf(level, args);
    const name = kinds.has(named) || kinds.size < maxKinds ? named : "others";
    const kind = kinds.get(name);
    if (kind === undefined) {
      open(name);
      return method.apply(this, args);
    }
    kind.left++;
    kind.say = (count) => {
      const [fields, event] = partsOf(args);
      method.apply(this, [{ ...fields, count }, event]);
    };
  };
}

function kindOf(level: number, args: readonly unknown[]): string {
  const [fields, event] = partsOf(args);
  const error = fields["err"] ?? fields["error"];
  const thrown = typeof error === "object" && error !== null ? error : {};
  const words = telling.map((name) => fields[name]);
  return JSON.stringify([level, event, ...words, wordOf(thrown, "name"), wordOf(thrown, "code")]);
}

function partsOf(args: readonly unknown[]): [fields: Record<string, unknown>, event: string] {
  const [first, second] = args;
  if (typeof first === "object" && first !== null) return [{ ...first }, String(second ?? "")];
  return [{}, String(first)];
}

function wordOf(thrown: object, name: string): unknown {
  try {
    return Reflect.get(thrown, name);
  } catch {
    return null;
  }
}
