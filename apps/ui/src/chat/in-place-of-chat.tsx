// What stands where the chat would be, when there is none to show.

import { useEffect, useRef, type ReactNode } from "react";

export interface InPlaceOfChatProps {
  readonly heading: string;
  /** When what had the focus is gone. */
  readonly takesFocus: boolean;
  readonly children: ReactNode;
}

export function InPlaceOfChat({ heading, takesFocus, children }: InPlaceOfChatProps) {
  const headingRef = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (takesFocus) headingRef.current?.focus();
  }, [takesFocus]);
  return (
    <div className="in-place-of-chat">
      <h2 ref={headingRef} tabIndex={-1}>
        {heading}
      </h2>
      {children}
    </div>
  );
}
