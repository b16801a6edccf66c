// A block of code with its language and a button that copies it.

import { useView } from "./view-context.ts";
import { CopyButton } from "./copy-button.tsx";

export function CodeBlock({ code, language }: { code: string; language: string }) {
  const { strings } = useView();
  const name = language.split(/\s/)[0] ?? "";
  return (
    <div className="code" dir="ltr">
      <div className="code-bar">
        <span>{name === "" ? strings.code : name}</span>
        <CopyButton text={code} label={strings.copyCode} />
      </div>
      {/* Long lines scroll, which has to work without a mouse too. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} role="group" aria-label={name === "" ? strings.code : name}>
        <code>{code}</code>
      </pre>
    </div>
  );
}
