/** The process cannot start; the message is for the person who started it and names the mend. */
export class StartError extends Error {
  override readonly name = "StartError";
  /** As sysexits names them: 64 wrong usage, 75 what may succeed later; 1 for everything else. */
  readonly exitStatus: 1 | 64 | 75 | 78;

  constructor(message: string, options: ErrorOptions & { readonly exitStatus?: 1 | 64 | 75 | 78 } = {}) {
    super(message, options);
    this.exitStatus = options.exitStatus ?? 1;
  }
}
