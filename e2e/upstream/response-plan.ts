// What a streamed response of the stand-in consists of. The event types are the vendor's own, so that an event of the
// wrong shape does not compile.

import type { Responses } from "openai/resources/responses/responses";

/** What the vendor sends; `output_text` is an addition of its client library. */
export type WireResponse = Omit<Responses.Response, "output_text">;
export type WireEvent = OnTheWire<Responses.ResponseStreamEvent>;
type OnTheWire<Event> = Event extends { response: Responses.Response }
  ? Omit<Event, "response"> & { readonly response: WireResponse }
  : Event;

/** The members of a request for a response that scripts decide by. */
export interface ResponseRequest {
  readonly model: string;
  readonly input: string | readonly Readonly<Record<string, unknown>>[];
  readonly instructions?: string | null | undefined;
  readonly stream: boolean;
  readonly [member: string]: unknown;
}

export type ResponseScript = (request: ResponseRequest) => ResponsePlan;

export interface ResponsePlan {
  /** In order. A string is sent as it stands, instead of an event: a comment, a broken frame. */
  readonly events: readonly (WireEvent | string)[];
  /** Wait before each event but the first. */
  readonly paceMs?: number;
  /** Wait before the first byte of the body. */
  readonly firstEventAfterMs?: number;
  /** What happens behind the last event; `close` ends the body properly. */
  readonly end?: "close" | "hang" | "reset";
  /** Cuts the body into pieces of so many bytes, each written on its own. */
  readonly pieceBytes?: number;
}
