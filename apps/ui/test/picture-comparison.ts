// Compares two pictures of one size in the browser that made one of them, so that nothing else has to read PNG.

import type { Page } from "playwright-core";

/** What share of a picture may differ, and from which difference of a colour on, both from 0 to 1. */
export interface Tolerance {
  readonly share: number;
  readonly difference: number;
  /** How many pixels in a row and in a column are taken as one. */
  readonly block: number;
}

/** On a machine with the fonts that the references were made with: a few edges of letters. */
export const sameFonts: Tolerance = { share: 0.004, difference: 0.06, block: 1 };
/**
 * With other fonts letters stand elsewhere: measured, up to 0.017 of a picture. A part that moves by three lines makes 0.1
 * of it and more, a ground that is a tenth darker nearly all.
 */
export const otherFonts: Tolerance = { share: 0.05, difference: 0.08, block: 16 };

/** The share of both that differs; 1 when they have not the same size. */
export function differingShare(
  page: Page,
  one: Buffer,
  other: Buffer,
  tolerance: Tolerance,
): Promise<number> {
  const given = { pictures: [one.toString("base64"), other.toString("base64")], ...tolerance };
  return page.evaluate(async ({ pictures, difference, block }) => {
    const pixels: ImageData[] = [];
    for (const base64 of pictures) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.codePointAt(0) ?? 0);
      const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const width = Math.ceil(bitmap.width / block);
      const height = Math.ceil(bitmap.height / block);
      const context = new OffscreenCanvas(width, height).getContext("2d");
      if (context === null) throw new Error("This browser cannot draw.");
      context.imageSmoothingQuality = "high";
      context.drawImage(bitmap, 0, 0, width, height);
      pixels.push(context.getImageData(0, 0, width, height));
    }
    const [first, second] = pixels;
    if (first === undefined || second === undefined) return 1;
    if (first.width !== second.width || first.height !== second.height) return 1;
    let differing = 0;
    for (let at = 0; at < first.data.length; at += 4) {
      const distance = Math.max(
        ...[0, 1, 2].map((color) => Math.abs((first.data[at + color] ?? 0) - (second.data[at + color] ?? 0))),
      );
      if (distance / 255 > difference) differing += 1;
    }
    return differing / (first.data.length / 4);
  }, given);
}

/** Widths of words in the fonts that pages of ours name: two machines with the same ones have the same fonts. */
export function measureFonts(page: Page): Promise<number[]> {
  return page.evaluate(() => {
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    if (context === null) throw new Error("This browser cannot draw.");
    return [
      "16px system-ui, sans-serif",
      "600 16px system-ui, sans-serif",
      "16px ui-monospace, monospace",
    ].flatMap((font) => {
      context.font = font;
      return ["Wxyz 0123 fjord", "سايدكيت"].map(
        (text) => Math.round(context.measureText(text).width * 100) / 100,
      );
    });
  });
}
