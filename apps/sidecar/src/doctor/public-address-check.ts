// The way from outside to this process: the sidecar visits itself by its public address.

import { visitPauseMs } from "../routes/self-visit.ts";
import type { Check, CheckResult } from "./examination.ts";
import { networkWord } from "./network-word.ts";
import type { ExpectedVisit, SelfVisits } from "./self-visits.ts";

/** A refusal of ours is shorter. */
const maxRefusalBytes = 4096;
/** Of the pause between the events, what is left when nothing holds them back. */
const heldBackBelow = 0.5;

export interface PublicAddressCheckOptions {
  /** Where clients find this server, without a slash at its end. */
  readonly publicUrl: () => string;
  readonly visits: SelfVisits;
  /** Never follows a redirect. */
  readonly fetch: typeof fetch;
}

export function publicAddressCheck(options: PublicAddressCheckOptions): Check {
  const { visits, fetch } = options;
  return {
    name: "public address",
    why: "Pages reach the chat by this address, through whatever stands in front of the sidecar.",
    async run(signal) {
      const publicUrl = options.publicUrl();
      using visit = visits.expect();
      if (visit === null) {
        const what = "The public address is being looked at by other doctors.";
        return [{ status: "warning", what, mend: "Run the doctor again in ten seconds." }];
      }
      let response: Response;
      try {
        const url = `${publicUrl}/doctor/visits/${visit.nonce}`;
        response = await fetch(url, { headers: { origin: publicUrl }, redirect: "manual", signal });
      } catch (error) {
        signal.throwIfAborted();
        return [
          {
            status: "warning",
            what: `${publicUrl} cannot be reached from this machine (${networkWord(error)}).`,
            mend: "Check its name, port and certificate (NODE_EXTRA_CA_CERTS names a certificate authority of your own). The first of SIDEKIT_ALLOWED_HOSTS is the public one. If only this machine cannot get there, try it from another.",
          },
        ];
      }
      if (response.status === 200 && visit.received() !== null) {
        const gapMs = await gapBetweenEvents(response);
        return [
          {
            status: "ok",
            what: `Requests to ${publicUrl} arrive here, with Host and Origin as they were sent.`,
          },
          ...forwardingResults(visit),
          streamingResult(gapMs),
        ];
      }
      return [refusalResult(publicUrl, response.status, await refusalCode(response))];
    },
  };
}

function forwardingResults(visit: ExpectedVisit): CheckResult[] {
  const { forwarded, believed } = visit.received() ?? { forwarded: false, believed: false };
  if (!forwarded) return [];
  if (believed)
    return [{ status: "ok", what: "The proxy in front is trusted to name the client's address." }];
  return [
    {
      status: "warning",
      what: "A proxy in front names the client's address, but is not believed: all clients look like one.",
      mend: "Name the proxy's own address in SIDEKIT_TRUSTED_PROXIES.",
    },
  ];
}

function streamingResult(gapMs: number | null): CheckResult {
  const mend =
    "Switch buffering off for the sidecar: in nginx proxy_buffering off, and no proxy_ignore_headers X-Accel-Buffering; elsewhere the setting for server-sent events.";
  if (gapMs === null) {
    return { status: "broken", what: "A stream is cut off on its way to the public address.", mend };
  }
  const what = `Two events sent ${visitPauseMs} ms apart arrive ${Math.round(gapMs)} ms apart`;
  return gapMs < visitPauseMs * heldBackBelow
    ? { status: "broken", what: `${what}: something in front holds streams back.`, mend }
    : { status: "ok", what: `${what}: streams are not held back.` };
}

function refusalResult(publicUrl: string, status: number, code: string | null): CheckResult {
  if (code === "host_not_allowed") {
    return {
      status: "broken",
      what: `Requests to ${publicUrl} arrive with another Host field, and are refused.`,
      mend: "Have the proxy pass the field on as it came (in nginx: proxy_set_header Host $host).",
    };
  }
  if (code === "origin_not_allowed") {
    return {
      status: "broken",
      what: `The origin ${publicUrl} is not among the allowed ones, so its own pages are refused.`,
      mend: "Add it to SIDEKIT_ALLOWED_ORIGINS, unless only pages elsewhere use this server.",
    };
  }
  return {
    status: "broken",
    what: `${publicUrl} leads somewhere else: HTTP ${status}${code === null ? "" : ` (${code})`}, and no request arrived here.`,
    mend: "Point the proxy at this sidecar, with the path unchanged. The first of SIDEKIT_ALLOWED_HOSTS is the public one.",
  };
}

/** Null if the second event never came. */
async function gapBetweenEvents(response: Response): Promise<number | null> {
  if (response.body === null) return null;
  const decoder = new TextDecoder();
  let text = "";
  let firstAtMs: number | null = null;
  for await (const chunk of response.body) {
    text = (text + decoder.decode(chunk, { stream: true })).slice(-maxRefusalBytes);
    const atMs = performance.now();
    if (firstAtMs === null && text.includes('{"visit":1}')) firstAtMs = atMs;
    if (firstAtMs !== null && text.includes('{"visit":2}')) return atMs - firstAtMs;
  }
  return null;
}

/** The code of our error contract, if it is one of ours. */
async function refusalCode(response: Response): Promise<string | null> {
  let text = "";
  const decoder = new TextDecoder();
  if (response.body === null) return null;
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > maxRefusalBytes) return null;
  }
  return /^\{"error":\{"code":"([a-z_]{1,40})"/.exec(text)?.[1] ?? null;
}
