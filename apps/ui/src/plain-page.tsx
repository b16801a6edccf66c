// A page that is read from top to bottom: bar, heading, content.

import { useEffect, useRef, type MouseEvent, type ReactNode } from "react";

import type { PageName } from "./page-address.ts";
import { SiteBar } from "./site-bar.tsx";

export interface PlainPageProps {
  readonly page: PageName;
  readonly heading: string;
  /** One sentence below the heading. */
  readonly lead: string;
  readonly children: ReactNode;
}

/** Its heading takes the focus when it appears, so that a screen reader hears that the page has changed. */
export function PlainPage({ page, heading, lead, children }: PlainPageProps) {
  const headingRef = useRef<HTMLHeadingElement>(null);
  useEffect(() => headingRef.current?.focus({ preventScroll: true }), []);

  function skip(event: MouseEvent): void {
    event.preventDefault();
    headingRef.current?.focus();
  }

  return (
    <div className="plain-page">
      <nav className="skip" aria-label="Skip">
        <a className="skip-link" href="#content" onClick={skip}>
          Skip to the content
        </a>
      </nav>
      <SiteBar page={page} />
      <main id="content">
        <div className="plain-page-intro">
          <h1 ref={headingRef} tabIndex={-1}>
            {heading}
          </h1>
          <p>{lead}</p>
        </div>
        {children}
      </main>
    </div>
  );
}
