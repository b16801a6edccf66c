// The booking form's content, as the form filling example asks the page to fill it in.

export interface Booking {
  readonly destination: string;
  readonly nights: string;
  readonly extras: string;
}

/** Comes from the server, whose answers a model may have written: what has the wrong type is left blank. */
export function bookingOf(params: Readonly<Record<string, unknown>>): Booking {
  const { destination, nights, extras } = params;
  return {
    destination: typeof destination === "string" ? destination : "",
    nights: typeof nights === "number" ? String(nights) : "",
    extras: Array.isArray(extras) ? extras.filter((extra) => typeof extra === "string").join(", ") : "",
  };
}
