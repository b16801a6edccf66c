export { answerPage } from "./answer-page.ts";
export { SidecarHostError, type SidecarHostErrorCode } from "./errors.ts";
export type { PageAnswer, PageCall } from "./page-call.ts";
export type { RestartPolicy } from "./restart.ts";
export { Secret } from "@sidekit/secrets";
export { spawnSidecar } from "./spawn-sidecar.ts";
export type { OutputLine, Sidecar, SidecarAddress, SidecarState, SpawnSidecarOptions } from "./sidecar.ts";
