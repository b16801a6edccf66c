// What a page may ask its parent for, whatever carries it there. Safe for browsers.

/** The procedures that a page may have called in its name. */
export const pageProcedures = ["chatSession.createSession", "chatSession.cancelSession"] as const;
/** The header field of a mint that names the secret of the session which it takes the place of (S36). */
export const currentSecretField = "x-sidekit-current-secret";

/** Plain data, for a message to another process. */
export type PageCall =
  | { readonly kind: "address" }
  | {
      readonly kind: "procedure";
      readonly name: (typeof pageProcedures)[number];
      /** JSON. */
      readonly input: string;
      readonly currentSecret: string | null;
    };

/** To `address`: the sidecar's address as its body. */
export interface PageAnswer {
  readonly status: number;
  readonly body: string;
}
