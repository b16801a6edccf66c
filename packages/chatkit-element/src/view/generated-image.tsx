// An image that the answer makes: a place that shimmers, then each state of it that arrives.

import type { GeneratedImageItem } from "@sidekit/chatkit/protocol";

import { useView } from "./view-context.ts";

export function GeneratedImage({ item, isGrowing }: { item: GeneratedImageItem; isGrowing: boolean }) {
  const { strings } = useView();
  const url = item.image?.url;
  if (url !== undefined && isShowable(url)) {
    return (
      <figure className="generated" aria-busy={isGrowing || undefined}>
        <img src={url} alt={strings.kinds["generated_image"] ?? ""} />
      </figure>
    );
  }
  if (isGrowing) return <div className="generated pending" role="img" aria-label={strings.makingImage} />;
  return <p className="placeholder">{strings.imageMissing}</p>;
}

function isShowable(url: string): boolean {
  return /^(https?:|data:image\/(png|jpeg|gif|webp|avif)[;,])/i.test(url);
}
