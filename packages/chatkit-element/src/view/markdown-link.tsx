// Links and pictures of an answer: only where they may lead, and a picture only from a host that the thread allows.

import { ImageIcon } from "lucide-react";
import { createContext, type ReactNode, use, useState } from "react";

import { linkTarget, mayLoadImage, namesAnotherHost } from "../markdown/links.ts";
import { useView } from "./view-context.ts";

export const ImageHosts = createContext<readonly string[]>([]);

export interface MarkdownLinkProps {
  readonly href: string;
  /** What is read, to be compared with where it leads. */
  readonly words: string;
  readonly children: ReactNode;
}

export function MarkdownLink({ href, words, children }: MarkdownLinkProps) {
  const { emit } = useView();
  const target = linkTarget(href);
  if (target === null) return <>{children}</>;
  if (target.kind === "deeplink") {
    return (
      <button
        type="button"
        className="link"
        onClick={() => emit("chatkit.deeplink", { name: target.name, data: target.data })}
      >
        {children}
      </button>
    );
  }
  return (
    <a href={target.href} title={target.host} target="_blank" rel="noopener noreferrer">
      {children}
      {namesAnotherHost(words, target.host) && <span className="link-host"> ({target.host})</span>}
    </a>
  );
}

export function MarkdownImage({ src, alt }: { src: string; alt: string }) {
  const hosts = use(ImageHosts);
  const [isBroken, setBroken] = useState(false);
  if (!isBroken && mayLoadImage(src, hosts)) {
    return (
      <img src={src} alt={alt} loading="lazy" referrerPolicy="no-referrer" onError={() => setBroken(true)} />
    );
  }
  return (
    <span className="image-link">
      <ImageIcon aria-hidden="true" />
      <MarkdownLink href={src} words={alt}>
        {alt === "" ? src : alt}
      </MarkdownLink>
    </span>
  );
}
