/** The process cannot start; the message is for the person who started it and names the mend. */
export class StartError extends Error {
  override readonly name = "StartError";
}
