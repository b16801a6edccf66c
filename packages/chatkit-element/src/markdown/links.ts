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

/** A name with at least one dot, as a reader takes it for the place that a link leads to. */
const domain =
  /(?<![\p{L}\p{N}@_.-])((?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+\p{L}{2,})(?![\p{L}\p{N}_-])/gu;

/** Whether the words of a link name a place, and none of those named is where it leads. */
export function namesAnotherHost(words: string, host: string): boolean {
  const named = [...words.toLowerCase().matchAll(domain)].map(([, name = ""]) => asciiHost(name));
  return named.length > 0 && !named.some((name) => host === name || host.endsWith(`.${name}`));
}

/** Characters that turn the order of the text around them, or hide in it. They say nothing that is read. */
const deceptive = /[\u00ad\u200b\u202d\u202e\u2060\ufeff]/g;

export function withoutTricks(text: string): string {
  return text.replace(deceptive, "");
}

function asciiHost(name: string): string {
  return (URL.parse(`https://${name}`)?.hostname ?? name).replace(/^www\./, "");
}
