// Copies a text and says for a moment how that went.

import { Check, Copy, X } from "lucide-react";
import { useEffect, useState } from "react";

import { useView } from "./view-context.ts";

const resultShownMs = 2_000;

export function CopyButton({ text, label }: { text: string; label: string }) {
  const { strings } = useView();
  const [result, setResult] = useState<"none" | "copied" | "refused">("none");
  useEffect(() => {
    if (result === "none") return;
    const timer = setTimeout(() => setResult("none"), resultShownMs);
    return () => clearTimeout(timer);
  }, [result]);

  const words = { none: label, copied: strings.copied, refused: strings.copyFailed }[result];
  const Icon = { none: Copy, copied: Check, refused: X }[result];
  return (
    <button
      type="button"
      className="icon-button small"
      aria-label={words}
      title={words}
      onClick={() => {
        // A browser may refuse, and without https it has no clipboard at all.
        const copying = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error("no clipboard"));
        copying.then(
          () => setResult("copied"),
          () => setResult("refused"),
        );
      }}
    >
      <Icon aria-hidden="true" />
      <span className="unseen" role="status">
        {result === "none" ? "" : words}
      </span>
    </button>
  );
}
