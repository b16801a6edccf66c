// How to put the chat into a page of one's own: files to copy.

import "../styles/integrate.css";
import { useState } from "react";

import { PlainPage } from "../plain-page.tsx";
import { SnippetView } from "./snippet-view.tsx";
import { snippetsFor } from "./snippets.ts";

export function IntegratePage() {
  const [snippets] = useState(() => snippetsFor(location.origin));
  return (
    <PlainPage
      page="integrate"
      heading="Integrate"
      lead="The chat in a page of yours. Every file here is whole: copy it, and change what is marked as yours."
    >
      <p className="before-snippets">
        Tell Sidekit which pages may call it, such as{" "}
        <code>SIDEKIT_ALLOWED_ORIGINS=https://app.example.com</code>. Pages of other origins are refused.
      </p>
      <ul className="snippets">
        {snippets.map((snippet) => (
          <li key={snippet.file}>
            <SnippetView snippet={snippet} />
          </li>
        ))}
      </ul>
    </PlainPage>
  );
}
