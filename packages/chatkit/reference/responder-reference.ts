// The reference of the responder API: every declaration of it, with its comment, as the compiler declares it.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const packageDir = join(import.meta.dirname, "..");
const compiler = join(packageDir, "node_modules/typescript/bin/tsc");

/** Where the reference is kept. */
export const referenceFile = join(packageDir, "../../docs/responders/reference.md");

const intro = `# Responder reference

Generated from the comments of the source by \`pnpm docs:reference\`; a test compares the two. Everything here is imported
from \`@sidekit/chatkit/responder-kit\`, what is marked so from \`@sidekit/chatkit\`. Whatever returns a generator is called
with \`yield*\`. The examples show it at work: [support desk](support-desk.md), [research assistant](research-assistant.md),
[form filling](form-filling.md).`;

/** Chapters in the order of reading; `all` is whatever a module exports. */
const chapters: readonly {
  readonly title: string;
  readonly file: string;
  readonly names: readonly string[] | "all";
}[] = [
  { title: "A responder", file: "src/responder-kit/define-responder.d.ts", names: "all" },
  { title: "Text and sources", file: "src/responder-kit/text.d.ts", names: "all" },
  { title: "What the user wrote", file: "src/responder-kit/user-words.d.ts", names: "all" },
  { title: "Workflows and tasks", file: "src/responder-kit/workflow.d.ts", names: "all" },
  { title: "Widgets", file: "src/responder-kit/widget.d.ts", names: "all" },
  { title: "Questions", file: "src/responder-kit/questions.d.ts", names: "all" },
  { title: "Client tools", file: "src/responder-kit/client-tool.d.ts", names: "all" },
  { title: "Images", file: "src/responder-kit/generated-image.d.ts", names: "all" },
  { title: "Progress, notices, effects", file: "src/responder-kit/signals.d.ts", names: "all" },
  { title: "Hidden context", file: "src/responder-kit/hidden-context.d.ts", names: "all" },
  { title: "New items", file: "src/responder-kit/new-item.d.ts", names: ["ItemPlace"] },
  { title: "Names of threads", file: "src/responder-kit/thread-name.d.ts", names: "all" },
  { title: "Errors", file: "src/errors.d.ts", names: ["turnError", "refusal"] },
  {
    title: "What a responder is given (`@sidekit/chatkit`)",
    file: "src/ports.d.ts",
    names: [
      "Responder",
      "CallContext",
      "Turn",
      "TurnCause",
      "ItemIdKind",
      "TurnProfile",
      "SyncActionCall",
      "Feedback",
      "Dictation",
      "ResponderEvent",
    ],
  },
];

export interface Declaration {
  readonly name: string;
  /** Without the marks of a comment; empty when there is none. */
  readonly comment: string;
  readonly code: string;
}

/** The Markdown of the whole reference. Throws when a name is not declared any more, or a function has no comment. */
export async function responderReference(): Promise<string> {
  const outDir = mkdtempSync(join(tmpdir(), "sidekit-reference-"));
  try {
    await declareInto(outDir);
    const written = chapters.map(({ title, file, names }) => {
      const declared = declarationsOf(readFileSync(join(outDir, file), "utf8"));
      const chosen =
        names === "all" ? functionsFirst(declared) : names.map((name) => mustFind(declared, name));
      return [`## ${title}`, ...chosen.map(sectionOf)].join("\n\n");
    });
    return `${[intro, ...written].join("\n\n")}\n`;
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

/** The exported declarations of a declaration file, in its order. */
export function declarationsOf(declarationFile: string): Declaration[] {
  // A declaration, like the comment before it, begins at the left edge and goes on while lines are indented or close it.
  return declarationFile
    .split(/^(?=\/\*\*|export |(?:declare |type |interface |import |const ))/m)
    .reduce<Declaration[]>((declarations, part, at, parts) => {
      const name = /^export (?:declare )?(?:function|interface|type|const|class) (\w+)/.exec(part)?.[1];
      if (name === undefined) return declarations;
      const before = parts[at - 1] ?? "";
      const comment = before.startsWith("/**") ? proseOf(before) : "";
      return [...declarations, { name, comment, code: codeOf(part) }];
    }, []);
}

function functionsFirst(declarations: readonly Declaration[]): Declaration[] {
  const rank = ({ code }: Declaration) => (code.startsWith("function") ? 0 : 1);
  return declarations.toSorted((one, other) => rank(one) - rank(other));
}

function proseOf(comment: string): string {
  return comment
    .replace(/^\/\*\*/, "")
    .replace(/\*\/\s*$/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trim())
    .join("\n")
    .trim();
}

/** Two spaces a level, and without the words that only a declaration file needs. */
function codeOf(declaration: string): string {
  return declaration
    .trimEnd()
    .replaceAll(/^(?: {4})+/gm, (indent) => " ".repeat(indent.length / 2))
    .replace(/^export (?:declare )?/, "");
}

function sectionOf({ name, comment, code }: Declaration): string {
  if (comment === "" && code.startsWith("function")) throw new Error(`${name} has no comment.`);
  return [`### \`${name}\``, comment, `\`\`\`ts\n${code}\n\`\`\``].filter((part) => part !== "").join("\n\n");
}

function mustFind(declarations: readonly Declaration[], name: string): Declaration {
  const found = declarations.find((declaration) => declaration.name === name);
  if (found === undefined) throw new Error(`${name} is not declared.`);
  return found;
}

function declareInto(outDir: string): Promise<void> {
  const options = ["--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--outDir", outDir];
  return new Promise((resolve) => {
    // What does not compile is the type check's to say; declarations are written all the same.
    execFile(process.execPath, [compiler, "--project", packageDir, ...options], () => resolve());
  });
}
