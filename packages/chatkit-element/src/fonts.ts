// The web fonts of `theme.typography.fontSources`: in the document for as long as some element on it uses them.

import type { FontObject } from "@openai/chatkit";

import { SidekitChatError } from "./errors.ts";

export interface Fonts {
  /** Takes the place of what was used before; a font that both name stays where it is. */
  use(document: Document, sources: readonly FontObject[]): void;
  release(): void;
}

interface SharedFace {
  readonly face: FontFace;
  users: number;
}

const facesOf = new WeakMap<Document, Map<string, SharedFace>>();

/** Fonts load when the first letter needs them; `report` hears of those that cannot, once each. */
export function createFonts(report: (error: SidekitChatError) => void): Fonts {
  let inUse = new Map<string, () => void>();
  const told = new Set<string>();

  return {
    use: (document, sources) => {
      const wanted = new Map<string, () => void>();
      for (const [at, source] of sources.entries()) {
        const key = JSON.stringify([source, document.baseURI]);
        if (wanted.has(key)) continue;
        const tell = (cause: unknown) => {
          if (told.has(key)) return;
          told.add(key);
          report(failure(at, source, cause));
        };
        try {
          wanted.set(
            key,
            acquire(document, key, source, (cause) => {
              if (inUse.has(key)) tell(cause);
            }),
          );
        } catch (error) {
          tell(error);
        }
      }
      release();
      inUse = wanted;
    },
    release,
  };

  function release(): void {
    for (const free of inUse.values()) free();
    inUse = new Map();
  }
}

function acquire(
  document: Document,
  key: string,
  source: FontObject,
  onFailure: (cause: unknown) => void,
): () => void {
  const faces = facesOf.get(document) ?? new Map<string, SharedFace>();
  facesOf.set(document, faces);
  const shared = faces.get(key) ?? { face: faceOf(document, source), users: 0 };
  faces.set(key, shared);
  shared.users += 1;
  document.fonts.add(shared.face);
  shared.face.loaded.catch(onFailure);
  return () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    faces.delete(key);
    document.fonts.delete(shared.face);
  };
}

function faceOf(
  document: Document,
  { family, src, weight, style, display, unicodeRange }: FontObject,
): FontFace {
  const url = new URL(src, document.baseURI);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new TypeError("Not an http address.");
  const Face = document.defaultView?.FontFace ?? FontFace;
  return new Face(family, `url(${JSON.stringify(url.href)})`, {
    ...(weight === undefined ? {} : { weight: String(weight) }),
    ...(style === undefined ? {} : { style }),
    ...(display === undefined ? {} : { display }),
    ...(unicodeRange === undefined ? {} : { unicodeRange }),
  });
}

function failure(at: number, { family, src }: FontObject, cause: unknown): SidekitChatError {
  const path = `theme.typography.fontSources[${at}]`;
  const message = `The font "${family}" of ${path} could not be loaded from ${src}. It takes an http address that the page's font-src allows.`;
  return new SidekitChatError("font_failed", { message, cause });
}
