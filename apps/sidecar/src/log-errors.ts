// What a log says of an error: for each class the members that are safe, and of all others no word (S161, N9, N11, N12).

import { ChatSessionError } from "@sidekit/chat-session";
import { ChatKitError, errorTrace } from "@sidekit/chatkit";
import { SecretsError } from "@sidekit/secrets";

import { EdgeError } from "./errors.ts";
import { StartError } from "./start-error.ts";

const maxCauses = 4;
/** What platform, drivers and upstream give as a code; anything else under that name may be data. */
const plainCode = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
/** Their messages are sentences of a table of ours. */
const ownClasses = [EdgeError, StartError, ChatSessionError, ChatKitError, SecretsError];

export interface DescribedError {
  readonly type: string;
  readonly code?: string;
  /** HTTP. */
  readonly status?: number;
  readonly message?: string;
  readonly at?: readonly string[];
  readonly cause?: DescribedError;
}

/** Class, code, status, our own sentence, and the calls that led to it. Never throws. */
export function describeError(error: unknown, depth = 0): DescribedError {
  const { name: type, at } = errorTrace(error);
  if (!(error instanceof Error)) return { type };
  const code = member(error, "code");
  const status = member(error, "httpStatus") ?? member(error, "status");
  const cause = member(error, "cause");
  return {
    type,
    ...(typeof code === "string" && plainCode.test(code) && { code }),
    ...(Number.isInteger(status) && { status: Number(status) }),
    ...(ownClasses.some((own) => error instanceof own) && { message: error.message }),
    at,
    ...(cause !== undefined && depth < maxCauses && { cause: describeError(cause, depth + 1) }),
  };
}

/** An application may have made a getter of it that throws. */
function member(error: Error, name: string): unknown {
  try {
    return Reflect.get(error, name);
  } catch {
    return undefined;
  }
}
