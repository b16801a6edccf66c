// Everything that can go wrong between a parent and its sidecar, at either end.

const errorTable = {
  invalid_options: "The options for the sidecar are not valid.",
  spawn_failed: "The program that runs the sidecar could not be started.",
  start_failed: "The sidecar ended before it was ready.",
  start_timeout: "The sidecar was not ready in time, and was ended.",
  protocol: "What was started does not speak the channel of this version.",
  port_not_ours: "Something other than the sidecar answers on its port. It has been told nothing.",
  port_silent: "Nothing answers on the sidecar's port in time.",
  gave_up: "The sidecar ended, and is not started again.",
  closed: "The sidecar has been closed.",
  busy: "Too many changes are waiting for the sidecar.",
  request_timeout: "The sidecar did not confirm the change in time.",
  sidecar_ended: "The sidecar ended before it confirmed the change. The next one starts with it.",
  key_not_configured: "The sidecar has no key of this id that is to come from its parent.",
  key_not_taken: "The key was refused, by its form or by the upstream. The one before it stays.",
  too_many_origins: "The sidecar serves as many origins as it may.",
  request_failed: "The sidecar could not carry out the change.",
  no_channel: "There is no channel to a parent on the descriptor.",
  handover_late: "The parent handed nothing over in time.",
} as const;

export type SidecarHostErrorCode = keyof typeof errorTable;

/** Its message is the table's. What led to it is in `cause`; neither holds a secret. */
export class SidecarHostError extends Error {
  override readonly name = "SidecarHostError";
  readonly code: SidecarHostErrorCode;

  constructor(code: SidecarHostErrorCode, options: { readonly cause?: unknown } = {}) {
    super(errorTable[code], options);
    this.code = code;
  }
}
