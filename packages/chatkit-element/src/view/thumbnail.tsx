// A small picture of a file that is on its way. Drawn on a canvas: a strict policy lets no image come from a blob's address.

import { type ReactNode, useEffect, useRef, useState } from "react";

const widthPx = 80;
/** Decoding more takes longer than a small picture is worth. */
const largestBytes = 25 * 1_024 * 1_024;

export interface ThumbnailProps {
  readonly file: File | null;
  /** Of a picture that is on the server already. */
  readonly src: string | null;
  readonly fallback: ReactNode;
}

export function Thumbnail({ file, src, fallback }: ThumbnailProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hasFailed, setFailed] = useState(false);
  const isDrawn = file !== null && file.type.startsWith("image/") && file.size <= largestBytes;

  useEffect(() => {
    if (!isDrawn) return undefined;
    let isGone = false;
    createImageBitmap(file, { resizeWidth: widthPx * 2, resizeQuality: "medium" }).then(
      (bitmap) => {
        if (!isGone && canvas.current !== null) draw(canvas.current, bitmap);
        bitmap.close();
      },
      // A picture that this browser cannot read has its symbol.
      () => setFailed(true),
    );
    return () => {
      isGone = true;
    };
  }, [file, isDrawn]);

  if (isDrawn && !hasFailed) {
    return <canvas ref={canvas} className="thumbnail" width={widthPx} height={widthPx} aria-hidden="true" />;
  }
  if (src !== null && isPictureAddress(src) && !hasFailed) {
    return <img className="thumbnail" src={src} alt="" onError={() => setFailed(true)} />;
  }
  return fallback;
}

/** A picture's address may carry no script, whatever the server says. */
export function isPictureAddress(address: string): boolean {
  return /^(https?:|data:image\/(png|jpeg|gif|webp)[;,])/i.test(address);
}

/** The middle of it, as large as fits. */
function draw(canvas: HTMLCanvasElement, bitmap: ImageBitmap): void {
  const side = Math.min(bitmap.width, bitmap.height);
  const [left, top] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2];
  canvas.getContext("2d")?.drawImage(bitmap, left, top, side, side, 0, 0, widthPx, widthPx);
}
