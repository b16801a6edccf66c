// From TeX to MathML. Loaded with the first formula.

import temml from "temml";

/** Replaces what is in the place. Throws when it is not TeX, or asks for more than a formula may: links, styles, loops. */
export function drawMaths(tex: string, display: boolean, place: HTMLElement): void {
  const formula = place.ownerDocument.createElement("span");
  temml.render(tex, formula, {
    displayMode: display,
    throwOnError: true,
    trust: false,
    maxExpand: 200,
    maxSize: [20, 400],
  });
  place.replaceChildren(...formula.childNodes);
}
