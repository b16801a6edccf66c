// Reads single values of the wire: what has the wrong type is missing.

export type WireRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is WireRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function textOr<Default>(value: unknown, otherwise: Default): string | Default {
  return typeof value === "string" ? value : otherwise;
}

export function count(value: unknown): number | null {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : null;
}

export function oneOf<Word extends string>(value: unknown, words: readonly Word[], otherwise: Word): Word {
  return words.find((word) => word === value) ?? otherwise;
}

/** The rows that can be read; the others are left out. */
export function rows<Row>(value: unknown, read: (row: unknown) => Row | null): Row[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((row) => {
    const known = read(row);
    return known === null ? [] : [known];
  });
}

/** The members that are there as text, so that an absent one stays absent. */
export function texts<Name extends string>(
  record: WireRecord,
  names: readonly Name[],
): Partial<Record<Name, string>> {
  const found: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = record[name];
    if (typeof value === "string") found[name] = value;
  }
  return found;
}
