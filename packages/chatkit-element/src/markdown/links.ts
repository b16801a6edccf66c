// Where a link or a picture of the wire may lead.

export type LinkTarget =
  | { readonly kind: "web"; readonly href: string; readonly host: string }
  | { readonly kind: "deeplink"; readonly name: string; readonly data: Readonly<Record<string, string>> };

const openable: ReadonlySet<string> = new Set(["http:", "https:", "mailto:"]);

/** Null for whatever is neither an absolute web or mail address nor a deep link into the page. */
export function linkTarget(written: string): LinkTarget | null {
  const url = URL.parse(written);
  if (url === null) return null;
  if (url.protocol === "chatkit-link:") {
    const name = url.host === "" ? url.pathname : url.host;
    return { kind: "deeplink", name, data: Object.fromEntries(url.searchParams) };
  }
  if (!openable.has(url.protocol)) return null;
  return { kind: "web", href: url.href, host: url.protocol === "mailto:" ? url.pathname : url.host };
}

/** True for an https picture on exactly one of the hosts that the thread allows. */
export function mayLoadImage(written: string, allowedHosts: readonly string[]): boolean {
  const url = URL.parse(written);
  return url !== null && url.protocol === "https:" && allowedHosts.includes(url.hostname);
}
