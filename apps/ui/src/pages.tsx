// The pages: the chat, which stays as it is while another one is looked at, and two that come when they are asked for.

import { lazy, Suspense, useEffect, useRef, useState, useSyncExternalStore } from "react";

import { App } from "./app.tsx";
import { ErrorBoundary } from "./error-boundary.tsx";
import { currentPage, onPageChange, pages } from "./page-address.ts";

const Gallery = lazy(() => import("./gallery/gallery-page.tsx").then((it) => ({ default: it.GalleryPage })));
const Integrate = lazy(() =>
  import("./integrate/integrate-page.tsx").then((it) => ({ default: it.IntegratePage })),
);

export function Pages() {
  const page = useSyncExternalStore(onPageChange, currentPage);
  const [hasChat, setHasChat] = useState(page === "chat");
  const before = useRef(page);
  if (page === "chat" && !hasChat) setHasChat(true);

  useEffect(() => {
    document.title =
      page === "chat" ? "Sidekit" : `${pages.find(({ name }) => name === page)?.title} – Sidekit`;
    // The other pages take the focus themselves; the chat has been there all the time.
    if (page === "chat" && before.current !== "chat") document.querySelector<HTMLElement>("#chat")?.focus();
    before.current = page;
  }, [page]);

  return (
    <ErrorBoundary>
      {hasChat && (
        <div hidden={page !== "chat"}>
          <App />
        </div>
      )}
      <Suspense fallback={<p className="screen">Loading …</p>}>
        {page === "gallery" && <Gallery />}
        {page === "integrate" && <Integrate />}
      </Suspense>
    </ErrorBoundary>
  );
}
