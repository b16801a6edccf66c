// A page that says one thing: what is the matter, and what to do.

import { useEffect, useRef, type ReactNode } from "react";

import { Mark } from "./mark.tsx";

export interface ScreenProps {
  readonly heading: string;
  readonly children: ReactNode;
}

/** Takes the focus when it appears, so that a screen reader hears that the page has changed. */
export function Screen({ heading, children }: ScreenProps) {
  const headingRef = useRef<HTMLHeadingElement>(null);
  useEffect(() => headingRef.current?.focus(), []);
  return (
    <main className="screen">
      <div className="card">
        <Mark size={40} />
        <h1 ref={headingRef} tabIndex={-1}>
          {heading}
        </h1>
        {children}
      </div>
    </main>
  );
}
