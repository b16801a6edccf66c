// Whether a value can be a key at all, told from its characters alone (S140).

import { SecretsError, type SecretsErrorCode } from "./errors.ts";
import { Secret } from "./secret.ts";

const minLength = 20;
const maxLength = 512;
const adminPrefix = "sk-admin-";

const placeholders = [
  /\.\.\.|…/,
  /[<>]/,
  /^\$\{?\w+\}?$/,
  /(?:your|insert|paste)[-_ ]?(?:open[-_ ]?ai[-_ ]?)?(?:api[-_ ]?)?(?:secret[-_ ]?)?key/i,
  /key[-_ ]here/i,
  /(?:change|replace)[-_ ]?(?:me|this)/i,
  /placeholder/i,
  /^(.)\1*$/su,
  /^sk-(?:proj-)?(.)\1*$/su,
];

export interface KeyShapeRule {
  /** What a key begins with; null where another server with the same API issues its own kind. */
  readonly prefix: "sk-" | null;
}

/**
 * The key without the one line break that may end it. Throws SecretsError with the row of the table that says what is
 * wrong: of several faults, the one that explains the others.
 */
export function checkKeyShape(raw: Secret, setting: string, rule: KeyShapeRule): Secret {
  const value = raw.reveal().replace(/\r?\n$/, "");
  const fault = faultOf(value, rule);
  if (fault) throw new SecretsError(fault, setting);
  return new Secret(value);
}

function faultOf(value: string, rule: KeyShapeRule): SecretsErrorCode | null {
  const words = value.trim();
  if (words === "") return "key_blank";
  if (placeholders.some((pattern) => pattern.test(words))) return "key_placeholder";
  if (/["'`]/.test(value)) return "key_quoted";
  // A byte order mark counts as white space in regular expressions, and as invisible for people.
  if (/[^\S\uFEFF]/u.test(value)) return "key_white_space";
  if (/[^\p{ASCII}]/u.test(value)) return "key_look_alike";
  if (/[^\x21-\x7e]/.test(value)) return "key_unprintable";
  if (value.startsWith(adminPrefix)) return "key_admin";
  if (rule.prefix !== null && !value.startsWith(rule.prefix)) return "key_wrong_prefix";
  if (value.length < minLength) return "key_too_short";
  if (value.length > maxLength) return "key_too_long";
  return null;
}
