// What a server said in an answer that is not a success. Anything may come here, a proxy's HTML page included.

import type { Refusal } from "../errors.ts";
import { isRecord, texts } from "./wire-values.ts";

const maxSentenceChars = 300;

export async function readRefusal(response: Response): Promise<Refusal> {
  const said = await readError(response);
  const waitSeconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return {
    status: response.status,
    ...said,
    ...(Number.isFinite(waitSeconds) && waitSeconds > 0 ? { retryAfterMs: waitSeconds * 1000 } : {}),
  };
}

async function readError(response: Response): Promise<{ code?: string; message?: string }> {
  let body: unknown;
  try {
    body = await response.json();
  } catch {
    // The status says enough: a body that is not JSON carries no sentence for a reader.
    return {};
  }
  const error = isRecord(body) ? body["error"] : null;
  if (!isRecord(error)) return {};
  const { code, message } = texts(error, ["code", "message"]);
  return {
    ...(code === undefined ? {} : { code }),
    ...(message === undefined || message.length > maxSentenceChars ? {} : { message }),
  };
}
