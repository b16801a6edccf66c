// Which addresses an image of a widget may have (S110).

const longestData = 256 * 1_024;

/** An image within the widget itself, or one on exactly one of the hosts that the thread allows. */
export function isShownImage(src: string, domains: readonly string[]): boolean {
  if (/^data:image\/(?:png|jpeg|gif|webp|avif|svg\+xml)[;,]/i.test(src)) return src.length <= longestData;
  const url = URL.parse(src);
  return (
    url !== null && (url.protocol === "https:" || url.protocol === "http:") && domains.includes(url.hostname)
  );
}
