// What every issuer must do.

import { describe, expect, test } from "vitest";

import { sessionApi } from "../contract.ts";
import type {
  IssuedSession,
  IssueOrder,
  Issuer,
  IssuerKind,
  SessionProfile,
  SessionRecord,
} from "../ports.ts";

/** An issuer with whatever recognises its secrets. */
export interface OpenedIssuer extends AsyncDisposable {
  readonly issuer: Issuer;
  /** Makes a record of an issued session and keeps it where it is looked up. */
  readonly keep: (issued: IssuedSession) => Promise<SessionRecord>;
  /** Ends the record as the service does, before it tells the issuer. */
  readonly end: (record: SessionRecord) => Promise<void>;
  readonly accepts: (clientSecret: string) => Promise<boolean>;
}

export function profileOf(issuer: IssuerKind, changes: Partial<SessionProfile> = {}): SessionProfile {
  return {
    name: "default",
    issuer,
    workflow: issuer === "hosted" ? { id: "wf_1", version: null } : null,
    ttlSeconds: 600,
    requestsPerMinute: 7,
    features: {
      automaticThreadTitling: true,
      fileUpload: { enabled: false, maxFileSizeMb: 25, maxFiles: 10 },
      history: { enabled: true, recentThreads: null },
    },
    stateVariables: ["topic"],
    ...changes,
  };
}

export function orderOf(profile: SessionProfile): IssueOrder {
  const caller = {
    tenant: "acme",
    user: "ann@example.com",
    credential: "launch",
    sessions: true,
    operator: false,
  } as const;
  return { caller, profile, stateVariables: {} };
}

export function issuerSuite(kind: IssuerKind, open: () => Promise<OpenedIssuer>): void {
  describe(`issuer: ${kind}`, () => {
    const order = orderOf(profileOf(kind));

    test("mints anew at each call, and the secret opens something", async ({ signal }) => {
      await using opened = await open();
      const [first, second] = [
        await opened.issuer.issue(order, signal),
        await opened.issuer.issue(order, signal),
      ];
      expect(opened.issuer.kind).toBe(kind);
      expect(first.clientSecret).not.toBe(second.clientSecret);
      await opened.keep(first);
      expect(await opened.accepts(first.clientSecret)).toBe(true);
      expect(await opened.accepts(`${first.clientSecret}x`)).toBe(false);
    });

    test("lives as long as the profile says, at the most", async ({ signal }) => {
      await using opened = await open();
      const { expiresAtMs } = await opened.issuer.issue(order, signal);
      const latestMs = Date.now() + 600_000;
      expect(expiresAtMs).toBeLessThanOrEqual(latestMs);
      expect(expiresAtMs).toBeGreaterThan(latestMs - 10_000);
    });

    test("keeps the profile's limit and says where the component goes", async ({ signal }) => {
      await using opened = await open();
      const issued = await opened.issuer.issue(order, signal);
      expect(issued.requestsPerMinute).toBe(7);
      expect(sessionApi.parse(issued.api)).toEqual(issued.api);
      expect(issued.api.kind).toBe(kind === "hosted" ? "hosted" : "self-hosted");
    });

    test("tells the holder of the secret nothing about the caller", async ({ signal }) => {
      await using opened = await open();
      const told = JSON.stringify(await opened.issuer.issue(order, signal));
      expect(told).not.toContain("ann@example.com");
      expect(told).not.toContain("acme");
    });

    test("a cancelled session opens nothing; cancelling again is success", async ({ signal }) => {
      await using opened = await open();
      const issued = await opened.issuer.issue(order, signal);
      const record = await opened.keep(issued);
      await opened.end(record);
      await opened.issuer.cancel(record, signal);
      expect(await opened.accepts(issued.clientSecret)).toBe(false);
      await opened.issuer.cancel(record, signal);
    });
  });
}
