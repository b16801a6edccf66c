// A formula: its source until it can be drawn, and for good when it cannot.

import { useEffect, useRef, useState } from "react";

export function Maths({ tex, display }: { tex: string; display: boolean }) {
  const place = useRef<HTMLSpanElement>(null);
  const [drawn, setDrawn] = useState<string | null>(null);

  useEffect(() => {
    let isGone = false;
    const draw = async () => {
      const { drawMaths } = await import("./draw-maths.ts");
      if (isGone || place.current === null) return;
      drawMaths(tex, display, place.current);
      setDrawn(tex);
    };
    draw().catch(() => {
      // What is no formula, or could not be loaded, stays as it was written.
      if (!isGone) setDrawn(null);
    });
    return () => {
      isGone = true;
    };
  }, [tex, display]);

  return (
    <span className={display ? "maths display" : "maths"} dir="ltr">
      {drawn !== tex && <code>{tex}</code>}
      <span ref={place} hidden={drawn !== tex} />
    </span>
  );
}
