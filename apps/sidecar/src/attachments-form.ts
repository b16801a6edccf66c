// The file of a form, handed on as it arrives. Never more of it in memory than a buffer.

import type { Readable } from "node:stream";

import { Busboy, type BusboyInstance } from "@fastify/busboy";
import { ChatKitError } from "@sidekit/chatkit";
import type { FastifyRequest } from "fastify";

import { EdgeError } from "./errors.ts";

const formLimits = { fields: 16, fieldSize: 4096, fieldNameSize: 128, files: 4, parts: 20, headerPairs: 32 };

export interface FormFile {
  readonly name: string;
  readonly type: string;
  readonly content: Readable;
}

export function isForm(request: FastifyRequest): boolean {
  return /^multipart\/form-data\s*;/i.test(request.headers["content-type"] ?? "");
}

/**
 * What `take` makes of the field `file`; other fields are skipped. Throws EdgeError `invalid_request` when there is no
 * such field or the form is not whole, and what `take` throws.
 */
export async function takeFormFile<Taken>(
  request: FastifyRequest,
  take: (file: FormFile) => Promise<Taken>,
): Promise<Taken> {
  const taken = Promise.withResolvers<Taken>();
  const refuse = (cause?: unknown) => taken.reject(new EdgeError("invalid_request", { cause }));
  let found = false;
  let form: BusboyInstance;
  try {
    form = new Busboy({
      headers: { "content-type": request.headers["content-type"] ?? "" },
      limits: formLimits,
    });
  } catch (cause) {
    throw new EdgeError("invalid_request", { cause });
  }
  form.on("file", (field, content, filename: string | undefined, _encoding, type) => {
    // The parser only announces that a part breaks off: without an end, whoever reads it would wait for ever.
    content.on("error", (cause) => content.destroy(cause));
    if (field !== "file" || found) return void content.resume();
    found = true;
    const isOurs = (error: unknown) => error instanceof ChatKitError || error instanceof EdgeError;
    // A part of bytes counts as a file without a name too.
    take({ name: filename ?? "", type, content }).then(taken.resolve, (error: unknown) =>
      content.errored === null || isOurs(error) ? taken.reject(error) : refuse(error),
    );
  });
  form.on("error", (cause) => (found ? undefined : refuse(cause)));
  form.once("finish", () => {
    if (!found) refuse();
  });
  request.raw.once("close", () => (found ? undefined : refuse()));
  request.raw.pipe(form);
  try {
    return await taken.promise;
  } finally {
    request.raw.unpipe(form);
  }
}
