// The line at the head of a card or a list.

import { type ReactNode, useState } from "react";

import { isRecord, type WireRecord } from "../client/wire-values.ts";
import { KnownIcon } from "../view/icons.tsx";
import { isShownImage } from "./image-source.ts";
import { flagIn, textIn } from "./nodes.ts";
import { useWidget } from "./widget-context.ts";

/** Nothing at all without a status and without children. */
export function StatusLine({ status, children }: { status: unknown; children?: ReactNode }) {
  const { imageDomains } = useWidget();
  const known = isRecord(status) && typeof status["text"] === "string" ? status : null;
  const hasMore = children !== undefined && children !== false;
  if (known === null && !hasMore) return null;
  return (
    <div className="w-status">
      {known !== null && (
        <>
          <StatusMark status={known} domains={imageDomains} />
          <span className="w-status-text" dir="auto">
            {textIn(known, "text")}
          </span>
        </>
      )}
      {children}
    </div>
  );
}

function StatusMark({ status, domains }: { status: WireRecord; domains: readonly string[] }) {
  const [isBroken, setBroken] = useState(false);
  const favicon = textIn(status, "favicon");
  if (favicon !== null && !isBroken && isShownImage(favicon, domains)) {
    return (
      <img
        className="w-favicon"
        data-frame={flagIn(status, "frame") || undefined}
        src={favicon}
        alt=""
        referrerPolicy="no-referrer"
        onError={() => setBroken(true)}
      />
    );
  }
  return <KnownIcon name={textIn(status, "icon")} />;
}
