// One file to copy.

import { Check, Copy } from "lucide-react";
import { useId, useRef, useState } from "react";

import type { Snippet } from "./snippets.ts";

type Copied = "not yet" | "copied" | "selected";

export function SnippetView({ snippet }: { readonly snippet: Snippet }) {
  const headingId = useId();
  const code = useRef<HTMLPreElement>(null);
  const [copied, setCopied] = useState<Copied>("not yet");

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(snippet.text);
      setCopied("copied");
    } catch {
      // Where the browser does not let pages write there, the person can: it is a key away.
      if (code.current !== null) getSelection()?.selectAllChildren(code.current);
      setCopied("selected");
    }
  }

  return (
    <section className="snippet" aria-labelledby={headingId}>
      <div className="snippet-head">
        <h2 id={headingId}>{snippet.title}</h2>
        <code>{snippet.file}</code>
        <button type="button" className="button" onClick={() => void copy()}>
          {copied === "copied" ? (
            <Check size={14} aria-hidden="true" />
          ) : (
            <Copy size={14} aria-hidden="true" />
          )}
          Copy<span className="visually-hidden"> {snippet.title}</span>
        </button>
        <output className={copied === "selected" ? "hint" : "visually-hidden"}>
          {copied === "copied" && `${snippet.title} copied.`}
          {copied === "selected" && "Selected: press Ctrl+C or ⌘C."}
        </output>
      </div>
      <p>{snippet.note}</p>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reached by keyboard */}
      <pre ref={code} tabIndex={0} aria-labelledby={headingId} role="group">
        <code>{snippet.text}</code>
      </pre>
    </section>
  );
}
