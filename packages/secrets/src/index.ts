export { createApiKey, type ApiKey, type ApiKeyOptions } from "./api-key.ts";
export { SecretsError, type SecretsErrorCode } from "./errors.ts";
export { fingerprint } from "./fingerprint.ts";
export { createKeychainProcess, keychainVariables, type AskKeychain } from "./keychain/process.ts";
export { writeKeyFile } from "./key-file.ts";
export type { KeyObservation } from "./key-observation.ts";
export { checkKeyShape, type KeyShapeRule } from "./key-shape.ts";
export type { KeySource, KeySourceKind } from "./key-source.ts";
export type { ApiKeyStatus, KeyAlert } from "./key-status.ts";
export { watchKeys, type KeyWatch, type KeyWatchOptions } from "./key-watch.ts";
export { credentialLogPaths, scrubText } from "./redact.ts";
export { Secret } from "./secret.ts";
export { createEnvironmentKeySource } from "./sources/environment.ts";
export { createFileKeySource } from "./sources/file.ts";
export { createKeychainKeySource, writeKeychainEntry, type KeychainEntry } from "./sources/keychain.ts";
export {
  createHandoffKeySource,
  type HandoffKeySource,
  type HandoffKeySourceOptions,
} from "./sources/handoff.ts";
