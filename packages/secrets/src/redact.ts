// The one list of what holds a credential: headers, fields and patterns (N1 to N3).

const shown = "[secret]";

/** Lower case. Their values are never logged and never forwarded. */
export const credentialHeaders = [
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "sec-websocket-protocol",
  "x-api-key",
  "api-key",
  "idempotency-key",
  "x-sidekit-current-secret",
] as const;

/** Members of logged objects that hold a credential, or what a credential can be looked up by. */
export const credentialFields = [
  "apiKey",
  "api_key",
  "OPENAI_API_KEY",
  "clientSecret",
  "client_secret",
  "launchToken",
  "token",
  "secret",
  "pepper",
  "idempotencyKey",
  "lookupKey",
  "mac",
] as const;

/** For pino's `redact.paths`: the headers of a logged request or reply, and the fields on the first two levels. */
export const credentialLogPaths: readonly string[] = [
  ...credentialHeaders.flatMap((name) => [
    `headers["${name}"]`,
    `req.headers["${name}"]`,
    `res.headers["${name}"]`,
  ]),
  ...credentialFields.flatMap((name) => [name, `*.${name}`]),
];

/** What a credential looks like wherever it stands. Each also takes one that was cut, masked or mistyped. */
const credentialPatterns = [
  // Our own: session, bootstrap, service and stream tokens are `ck??_` and 49 characters. Session ids are `cksess_…`.
  /ck(?:ss|bs|sv|st)_[0-9A-Za-z_*-]{12,}/g,
  // The vendor's API keys, which its own error messages quote with asterisks in the middle.
  /\bsk-[\w*-]{6,}|sk-[\w*-]{20,}/g,
  // The vendor's client secrets.
  /\bek_[\w-]{8,}/g,
];
const bearerPattern = /\b(bearer)\s+[\w.~+/=*-]{8,}/gi;

/** The text without anything that looks like a credential; session ids and other public words stay. */
export function scrubText(text: string): string {
  let scrubbed = text;
  for (const pattern of credentialPatterns) scrubbed = scrubbed.replace(pattern, shown);
  return scrubbed.replace(bearerPattern, `$1 ${shown}`);
}
