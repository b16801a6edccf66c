// A block of code with its language, its colours and a button that copies it.

import { useEffect, useState } from "react";

import { CopyButton } from "./copy-button.tsx";
import { useView } from "./view-context.ts";

export interface CodePiece {
  /** The last part of its class; null for what has no colour of its own. */
  readonly kind: string | null;
  readonly text: string;
}

/** While code is written it stays as it is; colours come once it rests. */
const restMs = 120;
/** Longer ones would hold the page up. */
const maxColoredChars = 20_000;

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
        <code>
          <Colored code={code} language={name.toLowerCase()} />
        </code>
      </pre>
    </div>
  );
}

function Colored({ code, language }: { code: string; language: string }) {
  const [known, setKnown] = useState<{ code: string; pieces: readonly CodePiece[] } | null>(null);

  useEffect(() => {
    if (language === "" || code.length > maxColoredChars) return undefined;
    let isGone = false;
    const color = async () => {
      const { colorCode } = await import("./color-code.ts");
      const pieces = isGone ? null : colorCode(code, language);
      if (pieces !== null) setKnown({ code, pieces });
    };
    const timer = setTimeout(() => {
      // Without colours it can be read as well.
      color().catch(() => {});
    }, restMs);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [code, language]);

  // What was coloured before more came keeps its colours.
  if (known === null || !code.startsWith(known.code)) return code;
  return (
    <>
      {known.pieces.map(({ kind, text }, at) =>
        kind === null ? (
          text
        ) : (
          // The pieces of one text have no other names than their places.
          <span key={at} className={`code-${kind}`}>
            {text}
          </span>
        ),
      )}
      {code.slice(known.code.length)}
    </>
  );
}
