// What is what in a program. Loaded with the first block in a language that is known.

import { common, createLowlight } from "lowlight";

import type { CodePiece } from "./code-block.tsx";

const languages = createLowlight(common);

/** A few colours say more than many. */
const kinds: Readonly<Record<string, string>> = {
  keyword: "keyword",
  "selector-tag": "keyword",
  doctag: "keyword",
  operator: "keyword",
  string: "text",
  regexp: "text",
  addition: "text",
  char: "text",
  number: "number",
  literal: "number",
  symbol: "number",
  bullet: "number",
  link: "number",
  comment: "comment",
  quote: "comment",
  title: "name",
  section: "name",
  name: "name",
  tag: "name",
  "selector-class": "name",
  "selector-id": "name",
  attr: "member",
  attribute: "member",
  property: "member",
  variable: "member",
  "template-variable": "member",
  meta: "type",
  type: "type",
  built_in: "type",
  deletion: "type",
};

/** All of the code, in pieces. Null for a language that is not known. */
export function colorCode(code: string, language: string): CodePiece[] | null {
  if (!languages.registered(language)) return null;
  const pieces: CodePiece[] = [];
  for (const node of languages.highlight(language, code).children) collect(node, null, pieces);
  return pieces;
}

type Root = ReturnType<typeof languages.highlight>;

function collect(node: Root["children"][number], kind: string | null, pieces: CodePiece[]): void {
  if (node.type === "text") {
    const last = pieces.at(-1);
    if (last?.kind === kind) pieces[pieces.length - 1] = { kind, text: last.text + node.value };
    else pieces.push({ kind, text: node.value });
  }
  if (node.type !== "element") return;
  const { className } = node.properties;
  const [first] = Array.isArray(className) ? className : [];
  const own = kinds[String(first ?? "").replace(/^hljs-/, "")];
  for (const child of node.children) collect(child, own ?? kind, pieces);
}
