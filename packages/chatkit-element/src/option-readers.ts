// How a value that the page has given is read: what fits is kept, what does not is left out and named by its path.

export interface OptionProblem {
  readonly code: "option_unknown" | "option_invalid";
  /** As in `composer.tools[0].label`. */
  readonly path: string;
  readonly message: string;
}

export type Report = (problem: OptionProblem) => void;

/** Gives the value back, a copy without what does not fit, or undefined where nothing of it can be used. */
export type Read = (value: unknown, path: string, report: Report) => unknown;

/** A reader for each member of the type; a member that the type gains is a compile error here. */
export type Members<Type> = { readonly [Name in keyof Required<Type>]: Read };

export const text = kind("text", (value) => typeof value === "string");
export const flag = kind("true or false", (value) => typeof value === "boolean");
export const callback = kind("a function", (value) => typeof value === "function");
/** What is only handed on, to the page or to the server. */
export const anything: Read = (value) => value;

/** `takes` completes the sentence "The option … takes …". */
export function kind(takes: string, fits: (value: unknown) => boolean): Read {
  return (value, path, report) => {
    if (fits(value)) return value;
    report({ code: "option_invalid", path, message: `The option ${path} takes ${takes}.` });
    return undefined;
  };
}

export function oneOf(...values: readonly (string | number)[]): Read {
  const words = values.map((value) => JSON.stringify(value)).join(", ");
  return kind(`one of ${words}`, (value) => values.some((known) => known === value));
}

export function number(takes: string, min: number, max: number): Read {
  return kind(takes, (value) => typeof value === "number" && value >= min && value <= max);
}

/** A plain value or an object: what is wrong is told in the words of the kind that was meant. */
export function either(plain: Read, composed: Read): Read {
  return (value, path, report) => {
    const read = typeof value === "object" && value !== null ? composed : plain;
    return read(value, path, report);
  };
}

/** Elements that do not fit are left out. */
export function list(element: Read): Read {
  const isList = kind("a list", Array.isArray);
  return (value, path, report) => {
    if (isList(value, path, report) === undefined || !Array.isArray(value)) return undefined;
    const read = value.map((entry: unknown, at) => element(entry, `${path}[${at}]`, report));
    return read.every((entry, at) => entry === value[at])
      ? value
      : read.filter((entry) => entry !== undefined);
  };
}

/** Any names, one kind of value. */
export function record(entry: Read): Read {
  return members((name) => (name === "__proto__" ? undefined : entry), []);
}

/** Members that are not named in `needed` may be absent; without one of those nothing of the object is used. */
export function object<Type>(known: Members<Type>, ...needed: readonly (keyof Type & string)[]): Read {
  const readers = new Map<string, Read>(Object.entries<Read>(known));
  return members((name) => readers.get(name), needed);
}

function members(readerOf: (name: string) => Read | undefined, needed: readonly string[]): Read {
  const isObject = kind(
    "an object",
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  );
  return (value, path, report) => {
    if (isObject(value, path === "" ? "setOptions" : path, report) === undefined) return undefined;
    const given = new Map(Object.entries(value ?? {}));
    const read = new Map<string, unknown>();
    for (const [name, entry] of given) {
      const at = path === "" ? name : `${path}.${name}`;
      const reader = readerOf(name);
      if (entry === undefined) continue;
      if (reader === undefined) {
        report({ code: "option_unknown", path: at, message: `There is no option ${at}.` });
        continue;
      }
      const kept = reader(entry, at, report);
      if (kept !== undefined) read.set(name, kept);
    }
    const missing = needed.filter((name) => given.get(name) === undefined);
    for (const name of missing) {
      report({
        code: "option_invalid",
        path: `${path}.${name}`,
        message: `The option ${path} needs ${name}.`,
      });
    }
    if (needed.some((name) => !read.has(name))) return undefined;
    // The page's own object where nothing is wrong with it.
    const isSame = [...given].every(([name, entry]) => read.get(name) === entry);
    return isSame ? value : Object.fromEntries(read);
  };
}
