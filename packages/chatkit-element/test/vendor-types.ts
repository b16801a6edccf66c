// What the vendor's type declarations say there is: options by their paths, methods with their parameters, events.

import { fileURLToPath } from "node:url";

import {
  isArrayTypeNode,
  isFunctionTypeNode,
  isInterfaceDeclaration,
  isLiteralTypeNode,
  isMethodSignatureDeclaration,
  isParenthesizedTypeNode,
  isPropertySignatureDeclaration,
  isTypeAliasDeclaration,
  isTypeLiteralNode,
  isTypeReferenceNode,
  isUnionTypeNode,
  type Node,
  type TypeNode,
} from "typescript/unstable/ast";
import { API } from "typescript/unstable/sync";

const packageDir = fileURLToPath(new URL("..", import.meta.url));
const file = "/@openai/chatkit/types/index.d.ts";

interface Declarations {
  readonly types: ReadonlyMap<string, TypeNode>;
  readonly methods: ReadonlyMap<string, readonly TypeNode[]>;
}

let known: Declarations | null = null;

function declarations(): Declarations {
  known ??= read();
  return known;
}

function read(): Declarations {
  const api = new API({ cwd: packageDir });
  try {
    const snapshot = api.updateSnapshot({ openProject: `${packageDir}tsconfig.json` });
    const program = snapshot.getProjects()[0]?.program;
    const path = program?.getSourceFileNames().find((name) => name.endsWith(file));
    const source = path === undefined ? undefined : program?.getSourceFile(path);
    if (source === undefined) throw new Error(`${file} is not part of the project.`);
    const types = new Map<string, TypeNode>();
    const methods = new Map<string, TypeNode[]>();
    source.statements.forEach((statement: Node) => {
      if (isTypeAliasDeclaration(statement)) types.set(statement.name.text, statement.type);
      if (!isInterfaceDeclaration(statement) || statement.name.text !== "OpenAIChatKit") return;
      for (const member of statement.members) {
        if (!isMethodSignatureDeclaration(member)) continue;
        const parameters = member.parameters.flatMap(({ type }) => (type === undefined ? [] : [type]));
        methods.set(member.name.getText(source), parameters);
      }
    });
    return { types, methods };
  } finally {
    api.close();
  }
}

/** As in `composer.tools[].id`: every member of the options, however deep. */
export function optionPaths(): string[] {
  const options = declarations().types.get("ChatKitOptions");
  return options === undefined ? [] : [...new Set(pathsOf(options, ""))];
}

/** `setThreadId`, and `sendUserMessage.text` for a member of what a method takes. */
export function methodPaths(): string[] {
  return [...declarations().methods].flatMap(([name, parameters]) =>
    // Those of every element, with narrower types.
    /^(add|remove)EventListener$/.test(name)
      ? [name]
      : [name, ...parameters.flatMap((type) => membersOf(type).map((member) => `${name}.${member}`))],
  );
}

export function eventNames(): string[] {
  const events = declarations().types.get("ChatKitEvents");
  return events === undefined ? [] : membersOf(events);
}

/** The strings that a union of the vendor's types consists of. */
export function namesOfType(name: string): string[] {
  const type = declarations().types.get(name);
  if (type === undefined || !isUnionTypeNode(type)) return [];
  return type.types.flatMap((member) =>
    isLiteralTypeNode(member) && "text" in member.literal ? [String(member.literal.text)] : [],
  );
}

function pathsOf(type: TypeNode, path: string): string[] {
  if (isParenthesizedTypeNode(type)) return pathsOf(type.type, path);
  if (isUnionTypeNode(type)) return type.types.flatMap((member) => pathsOf(member, path));
  if (isArrayTypeNode(type)) return pathsOf(type.elementType, `${path}[]`);
  if (isTypeReferenceNode(type)) {
    const found = declarations().types.get("text" in type.typeName ? String(type.typeName.text) : "");
    return found === undefined ? [] : pathsOf(found, path);
  }
  if (!isTypeLiteralNode(type) || isFunctionTypeNode(type)) return [];
  return type.members.flatMap((member) => {
    if (!isPropertySignatureDeclaration(member) || member.type === undefined) return [];
    const here = path === "" ? nameOf(member.name) : `${path}.${nameOf(member.name)}`;
    return [here, ...pathsOf(member.type, here)];
  });
}

function membersOf(type: TypeNode): string[] {
  return isTypeLiteralNode(type)
    ? type.members.flatMap((member) => (isPropertySignatureDeclaration(member) ? [nameOf(member.name)] : []))
    : [];
}

function nameOf(name: Node): string {
  return "text" in name ? String(name.text) : "";
}
