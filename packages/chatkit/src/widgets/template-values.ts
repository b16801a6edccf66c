// What the expressions of widget templates come to.

import type { Expression, Operator, Test } from "./template-expressions.ts";

/** JSON, or the mark of what is not there. */
export type Value = unknown;

/** Using it for anything but `default` and `is defined` is an error. */
const undefinedValue = Symbol("undefined");

/** Variables, from the innermost block to the data. */
export class Scope {
  readonly #own = new Map<string, Value>();
  readonly #parent: Scope | null;

  constructor(parent: Scope | null) {
    this.#parent = parent;
  }

  get(name: string): Value {
    if (this.#own.has(name)) return this.#own.get(name);
    return this.#parent === null ? undefinedValue : this.#parent.get(name);
  }

  set(name: string, value: Value): void {
    this.#own.set(name, value);
  }
}

/** Throws TypeError for what Jinja refuses: undefined variables, and operands that do not fit. */
export function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "list":
      return expression.elements.map((element) => defined(evaluate(element, scope)));
    case "name":
      return scope.get(expression.name);
    case "member":
      return memberOf(defined(evaluate(expression.of, scope)), defined(evaluate(expression.member, scope)));
    case "slice": {
      const bounds = [expression.from, expression.to].map((bound) => {
        return bound === undefined ? undefined : numberOf(evaluate(bound, scope));
      });
      const of = defined(evaluate(expression.of, scope));
      const sliced = elementsOf(of).slice(...bounds);
      return typeof of === "string" ? sliced.join("") : sliced;
    }
    case "filter":
      return filtered(expression, scope);
    case "test": {
      const passes = testPasses(expression.test, evaluate(expression.of, scope));
      return passes !== expression.negated;
    }
    case "not":
      return !isTrue(evaluate(expression.of, scope));
    case "minus":
      return -numberOf(evaluate(expression.of, scope));
    case "binary":
      return combined(expression.operator, evaluate(expression.left, scope), () => {
        return evaluate(expression.right, scope);
      });
    case "choice":
      if (isTrue(evaluate(expression.condition, scope))) return evaluate(expression.yes, scope);
      return expression.no === undefined ? undefinedValue : evaluate(expression.no, scope);
  }
}

/** What an output tag writes. */
export function textOf(value: Value): string {
  if (typeof defined(value) === "string" || typeof value === "number") return String(value);
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  throw new TypeError("a template writes a list or an object without tojson");
}

export function isTrue(value: Value): boolean {
  defined(value);
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** The elements of a list, the characters of a string, or the names of an object's members. */
export function elementsOf(value: Value): Value[] {
  if (Array.isArray(value)) return value;
  if (typeof defined(value) === "string") return Array.from(String(value));
  if (isMapping(value)) return Object.keys(value);
  throw new TypeError("a template goes through something that is no list");
}

function filtered({ of, filter, args }: Extract<Expression, { kind: "filter" }>, scope: Scope): Value {
  const value = evaluate(of, scope);
  const [first = undefinedValue, second = false] = args.map((arg) => evaluate(arg, scope));
  switch (filter) {
    case "default":
      if (value === undefinedValue || (isTrue(second) && !isTrue(value))) {
        return args.length === 0 ? "" : first;
      }
      return value;
    case "tojson":
      return JSON.stringify(defined(value)).replace(/[<>&']/g, (sign) => {
        return `\\u00${sign.charCodeAt(0).toString(16)}`;
      });
    case "length":
      return elementsOf(value).length;
    case "join":
      return elementsOf(value)
        .map(textOf)
        .join(args.length === 0 ? "" : textOf(first));
  }
}

function testPasses(test: Test, value: Value): boolean {
  if (test === "defined") return value !== undefinedValue;
  if (test === "undefined") return value === undefinedValue;
  defined(value);
  switch (test) {
    case "none":
      return value === null;
    case "mapping":
      return isMapping(value);
    case "sequence":
      return typeof value === "object" ? value !== null : typeof value === "string";
    case "string":
    case "number":
    case "boolean":
      return typeof value === test;
  }
}

function combined(operator: Operator, left: Value, right: () => Value): Value {
  switch (operator) {
    case "or":
      return isTrue(left) ? left : right();
    case "and":
      return isTrue(left) ? right() : left;
    case "==":
      return isEqual(defined(left), defined(right()));
    case "!=":
      return !isEqual(defined(left), defined(right()));
    case "<":
      return order(left, right()) < 0;
    case "<=":
      return order(left, right()) <= 0;
    case ">":
      return order(left, right()) > 0;
    case ">=":
      return order(left, right()) >= 0;
    case "in":
      return isIn(defined(left), right());
    case "~":
      return textOf(left) + textOf(right());
    case "+":
      return sum(left, right());
    case "-":
      return numberOf(left) - numberOf(right());
    case "*":
      return numberOf(left) * numberOf(right());
    case "%": {
      const divisor = numberOf(right());
      return ((numberOf(left) % divisor) + divisor) % divisor;
    }
  }
}

function sum(left: Value, right: Value): Value {
  if (typeof left === "string" && typeof right === "string") return left + right;
  if (Array.isArray(left) && Array.isArray(right)) return [...left, ...right];
  return numberOf(left) + numberOf(right);
}

function isIn(part: Value, whole: Value): boolean {
  if (typeof whole === "string") return whole.includes(textOf(part));
  return elementsOf(whole).some((element) => isEqual(part, element));
}

function order(left: Value, right: Value): number {
  if (typeof left === "string" && typeof right === "string") {
    return left === right ? 0 : left < right ? -1 : 1;
  }
  return numberOf(left) - numberOf(right);
}

function isEqual(left: Value, right: Value): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return (
      left.length === right.length && left.every((element, position) => isEqual(element, right[position]))
    );
  }
  if (!isMapping(left) || !isMapping(right)) return left === right;
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && isEqual(left[name], right[name]))
  );
}

function memberOf(value: Value, member: Value): Value {
  if (typeof member === "number" && !isMapping(value)) return elementOf(elementsOf(value), member);
  const name = textOf(member);
  return isMapping(value) && Object.hasOwn(value, name) ? value[name] : undefinedValue;
}

function elementOf(elements: readonly Value[], position: number): Value {
  const index = position < 0 ? elements.length + position : position;
  return index in elements ? elements[index] : undefinedValue;
}

function isMapping(value: Value): value is Readonly<Record<string, Value>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function numberOf(value: Value): number {
  if (typeof defined(value) !== "number") throw new TypeError("a template calculates with what is no number");
  return Number(value);
}

function defined(value: Value): Value {
  if (value === undefinedValue) throw new TypeError("a template uses a variable that is not there");
  return value;
}
