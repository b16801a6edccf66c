// Which types of file are taken, and whether the bytes are what they are said to be (S105).

import { fileTypeFromBuffer } from "file-type";

import { ChatKitError } from "../errors.ts";

/** As much of the beginning as decides about a file that is not text. */
export const sniffedBytes = 65_536;

const mediaTypePattern = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,95}$/;
const imageTypes = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const office = "application/vnd.openxmlformats-officedocument.";
const zipTypes = new Set([
  "application/zip",
  `${office}wordprocessingml.document`,
  `${office}spreadsheetml.sheet`,
  `${office}presentationml.presentation`,
]);
/** What is text beside `text/*`; SVG runs scripts, so it is a file and never an image. */
const textTypes = new Set([
  "application/javascript",
  "application/json",
  "application/sql",
  "application/toml",
  "application/x-ndjson",
  "application/x-sh",
  "application/xhtml+xml",
  "application/xml",
  "application/yaml",
  "image/svg+xml",
]);
const zipStarts = ["504b0304", "504b0506"];

export type FileKind = "file" | "image";

/** Fed with all of the content, in order, or with a beginning of it. */
export interface ContentCheck {
  /** Throws ChatKitError `attachment_type` as soon as the bytes cannot be of the type. */
  write(chunk: Uint8Array): void;
  /** Throws the same. `whole` is false when more bytes follow than were written. */
  end(whole: boolean): Promise<void>;
}

/** The type without parameters, in lower case. Throws ChatKitError `attachment_type` when it is not taken here. */
export function takenType(declared: string): string {
  const type = declared.split(";", 1)[0]!.trim().toLowerCase();
  if (!mediaTypePattern.test(type)) throw new ChatKitError("attachment_type");
  if (imageTypes.has(type) || zipTypes.has(type) || isText(type) || type === "application/pdf") return type;
  throw new ChatKitError("attachment_type");
}

export function kindOfType(type: string): FileKind {
  return imageTypes.has(type) ? "image" : "file";
}

/** For content that is said to be of this type, one that is taken. */
export function createContentCheck(type: string): ContentCheck {
  return isText(type) ? textCheck() : signatureCheck(type);
}

function isText(type: string): boolean {
  return type.startsWith("text/") || textTypes.has(type);
}

/** Text has no signature to go by: it is whatever is UTF-8 and has no NUL. */
function textCheck(): ContentCheck {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (chunk: Uint8Array, stream: boolean) => {
    try {
      decoder.decode(chunk, { stream });
    } catch (cause) {
      throw new ChatKitError("attachment_type", { cause });
    }
  };
  return {
    write(chunk) {
      if (chunk.includes(0)) throw new ChatKitError("attachment_type");
      decode(chunk, true);
    },
    async end(whole) {
      if (whole) decode(new Uint8Array(), false);
    },
  };
}

function signatureCheck(type: string): ContentCheck {
  const kept: Uint8Array[] = [];
  let bytes = 0;
  return {
    write(chunk) {
      if (bytes >= sniffedBytes) return;
      // A copy: whoever reads a socket may use its buffer again.
      kept.push(Uint8Array.from(chunk.subarray(0, sniffedBytes - bytes)));
      bytes += chunk.length;
    },
    async end() {
      const head = Buffer.concat(kept);
      const agrees = zipTypes.has(type)
        ? zipStarts.includes(head.subarray(0, 4).toString("hex"))
        : (await fileTypeFromBuffer(head))?.mime === type;
      if (!agrees) throw new ChatKitError("attachment_type");
    },
  };
}
