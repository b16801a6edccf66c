// The expressions of widget templates: from their text to a tree (the part of Jinja that protocol D.3 lists).

export type Expression =
  | { readonly kind: "literal"; readonly value: string | number | boolean | null }
  | { readonly kind: "list"; readonly elements: readonly Expression[] }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "member"; readonly of: Expression; readonly member: Expression }
  | { readonly kind: "slice"; readonly of: Expression; readonly from?: Expression; readonly to?: Expression }
  | {
      readonly kind: "filter";
      readonly of: Expression;
      readonly filter: Filter;
      readonly args: readonly Expression[];
    }
  | { readonly kind: "test"; readonly of: Expression; readonly test: Test; readonly negated: boolean }
  | { readonly kind: "not" | "minus"; readonly of: Expression }
  | {
      readonly kind: "binary";
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "choice";
      readonly condition: Expression;
      readonly yes: Expression;
      readonly no?: Expression;
    };

const filters = ["tojson", "default", "length", "join"] as const;
export type Filter = (typeof filters)[number];
const tests = ["none", "defined", "undefined", "string", "number", "boolean", "mapping", "sequence"] as const;
export type Test = (typeof tests)[number];

const comparisons = ["==", "!=", "<=", ">=", "<", ">", "in"] as const;
/** From the loosest to the tightest. */
const levels = [["or"], ["and"], comparisons, ["+", "-"], ["~"], ["*", "%"]] as const;
export type Operator = (typeof levels)[number][number];
const notLevel = 2;

const tokenPattern =
  /\s*(?:(?<number>\d+(?:\.\d+)?)|(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<word>[A-Za-z_]\w*)|(?<sign>==|!=|<=|>=|[<>~+\-*%|.,:()[\]=]))/suy;

interface Token {
  readonly kind: "number" | "string" | "word" | "sign" | "end";
  readonly text: string;
}

const end: Token = { kind: "end", text: "" };
const escaped: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
const constants: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", null],
  ["None", null],
]);

/** Reads what is between the braces of a tag, from left to right. Every method throws SyntaxError. */
export interface TagReader {
  expression(): Expression;
  /** A name that is no keyword of expressions. */
  name(): string;
  /** Consumes the word or sign when it is next. */
  accept(text: string): boolean;
  expect(text: string): void;
  /** Expects that nothing is left. */
  finish(): void;
}

export function readTag(source: string): TagReader {
  const tokens = tokensOf(source);
  let position = 0;

  return { expression, name, accept, expect, finish };

  function peek(): Token {
    return tokens[position] ?? end;
  }

  function next(): Token {
    return tokens[position++] ?? end;
  }

  function accept(text: string): boolean {
    const token = peek();
    if ((token.kind !== "word" && token.kind !== "sign") || token.text !== text) return false;
    position++;
    return true;
  }

  function expect(text: string): void {
    if (!accept(text)) throw unexpected(peek());
  }

  function finish(): void {
    if (peek().kind !== "end") throw unexpected(peek());
  }

  function name(): string {
    const token = next();
    if (token.kind !== "word") throw unexpected(token);
    return token.text;
  }

  function expression(): Expression {
    const yes = binary(0);
    if (!accept("if")) return yes;
    const condition = binary(0);
    return { kind: "choice", condition, yes, ...(accept("else") && { no: expression() }) };
  }

  function binary(level: number): Expression {
    if (level === notLevel && accept("not")) return { kind: "not", of: binary(level) };
    const operators = levels[level];
    if (operators === undefined) return unary();
    let left = binary(level + 1);
    for (;;) {
      const negated = operators === comparisons && peek().text === "not";
      if (negated) position++;
      const operator = operators.find(accept);
      if (operator === undefined || (negated && operator !== "in")) {
        if (negated) throw unexpected(peek());
        return left;
      }
      left = { kind: "binary", operator, left, right: binary(level + 1) };
      if (negated) left = { kind: "not", of: left };
      // Jinja chains comparisons, which this does not: a second one is an error rather than another meaning.
      if (operators === comparisons) return left;
    }
  }

  function unary(): Expression {
    let value = negatable();
    for (;;) {
      if (accept("|")) value = filter(value);
      else if (accept("is")) value = test(value);
      else return value;
    }
  }

  function negatable(): Expression {
    if (accept("-")) return { kind: "minus", of: negatable() };
    let value = primary();
    for (;;) {
      if (accept(".")) value = { kind: "member", of: value, member: { kind: "literal", value: name() } };
      else if (accept("[")) value = subscript(value);
      else return value;
    }
  }

  function primary(): Expression {
    const token = next();
    if (token.kind === "number") return { kind: "literal", value: Number(token.text) };
    if (token.kind === "string") return { kind: "literal", value: unquoted(token.text) };
    if (token.kind === "word") {
      const constant = constants.get(token.text);
      return constant === undefined
        ? { kind: "name", name: token.text }
        : { kind: "literal", value: constant };
    }
    if (token.text === "(") {
      const inner = expression();
      expect(")");
      return inner;
    }
    if (token.text === "[") return { kind: "list", elements: listUntil("]") };
    throw unexpected(token);
  }

  function subscript(of: Expression): Expression {
    const from = accept(":") ? undefined : expression();
    if (from !== undefined && accept("]")) return { kind: "member", of, member: from };
    if (from !== undefined) expect(":");
    if (accept("]")) return { kind: "slice", of, ...(from && { from }) };
    const to = expression();
    expect("]");
    return { kind: "slice", of, ...(from && { from }), to };
  }

  function filter(of: Expression): Expression {
    const filter = oneOf(filters, name());
    return { kind: "filter", of, filter, args: accept("(") ? listUntil(")") : [] };
  }

  function test(of: Expression): Expression {
    const negated = accept("not");
    return { kind: "test", of, test: oneOf(tests, name()), negated };
  }

  function listUntil(close: string): Expression[] {
    const elements: Expression[] = [];
    while (!accept(close)) {
      elements.push(expression());
      if (!accept(",")) {
        expect(close);
        break;
      }
    }
    return elements;
  }
}

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  const text = source.trimEnd();
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < text.length) {
    const from = tokenPattern.lastIndex;
    const groups = tokenPattern.exec(text)?.groups;
    if (groups === undefined)
      throw new SyntaxError(`a template has an unknown sign: ${text.slice(from, from + 10)}`);
    const { number, string, word, sign } = groups;
    if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (string !== undefined) tokens.push({ kind: "string", text: string });
    else if (word !== undefined) tokens.push({ kind: "word", text: word });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
  }
  return tokens;
}

function unquoted(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_, code: string | undefined, sign: string) =>
      code === undefined ? (escaped[sign] ?? sign) : String.fromCharCode(Number.parseInt(code, 16)),
    );
}

function oneOf<Name extends string>(known: readonly Name[], name: string): Name {
  const found = known.find((candidate) => candidate === name);
  if (found === undefined) throw new SyntaxError(`a template uses ${name}, which is not supported`);
  return found;
}

function unexpected(token: Token): SyntaxError {
  return new SyntaxError(
    token.kind === "end" ? "a tag of a template is incomplete" : `unexpected ${token.text}`,
  );
}
