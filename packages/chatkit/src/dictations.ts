// A recording as it comes in a request: base64 and a media type (S108).

import { ChatKitError } from "./errors.ts";
import type { Dictation } from "./ports.ts";

const maxBytes = 10_485_760;
/** What browsers record. */
const mediaTypes = new Set(["audio/webm", "audio/mp4", "audio/ogg"]);
const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Throws ChatKitError `audio_malformed`, `audio_too_large` or `audio_type`. */
export function readDictation(given: { audio_base64: string; mime_type: string }): Dictation {
  const { audio_base64: text, mime_type: mimeType } = given;
  if (text.length > Math.ceil(maxBytes / 3) * 4) throw new ChatKitError("audio_too_large");
  if (text.length === 0 || text.length % 4 !== 0 || !base64.test(text) || !isCanonical(text.slice(-4)))
    throw new ChatKitError("audio_malformed");
  const mediaType = (mimeType.split(";", 1)[0] ?? "").trim().toLowerCase();
  if (!mediaTypes.has(mediaType)) throw new ChatKitError("audio_type");
  const bytes = Buffer.from(text, "base64");
  if (bytes.byteLength > maxBytes) throw new ChatKitError("audio_too_large");
  return { bytes, mimeType, mediaType };
}

/** Of the last four characters, some bits may not be used: then they are zero. */
function isCanonical(tail: string): boolean {
  return Buffer.from(tail, "base64").toString("base64") === tail;
}
