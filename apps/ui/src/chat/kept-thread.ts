// The conversation that a reload comes back to.

import { createKeptValue } from "../kept-value.ts";

export const keptThread = createKeptValue(() => localStorage, "sidekit.thread");
