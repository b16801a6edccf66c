// The provider of the models: can it be reached, does its clock agree with ours, does it have what profiles name.

import type { Secret } from "@sidekit/secrets";

import type { Check, CheckResult } from "./examination.ts";
import { networkWord } from "./network-word.ts";

/** S129: a hosted session from further ahead is refused. */
const maxSkewMs = 60_000;

export interface UpstreamChecksOptions {
  /** With the version path, without a trailing slash. */
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
  readonly apiKey: (signal: AbortSignal) => Promise<Secret>;
  /** Those that profiles name and the upstream answers with. */
  readonly models: readonly string[];
  /** Of the hosted issuer. */
  readonly hostedProfiles: readonly string[];
  /** Mints a hosted session and cancels it again. Answers null, or the code of what went wrong. */
  readonly tryHosted: (profile: string, signal: AbortSignal) => Promise<string | null>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export function upstreamChecks(options: UpstreamChecksOptions): Check[] {
  const { baseUrl, fetch, apiKey, models, hostedProfiles, tryHosted, now } = options;
  return [
    {
      name: "upstream",
      why: "Answers of the model and hosted sessions come from there.",
      async run(signal) {
        // Without a key: whatever it answers, it has been reached.
        const asked = now();
        const reply = await ask("/models", {}, signal);
        if (typeof reply === "string") {
          const what = `The provider at ${new URL(baseUrl).host} cannot be reached (${reply}).`;
          const mend =
            "Check OPENAI_BASE_URL, name resolution, the way out of this network, and its certificates.";
          // Without a profile that needs it, it is no more than worth knowing.
          const needed = models.length > 0 || hostedProfiles.length > 0;
          return [{ status: needed ? "broken" : "warning", what, mend }];
        }
        const results: CheckResult[] = [
          reply.status < 500
            ? { status: "ok", what: `The provider at ${new URL(baseUrl).host} answers.` }
            : {
                status: "warning",
                what: `The provider at ${new URL(baseUrl).host} answers with HTTP ${reply.status}.`,
                mend: "Look at its status page, and try again in a while.",
              },
        ];
        return [...results, ...skewResults(reply.headers.get("date"), (asked + now()) / 2)];
      },
    },
    {
      name: "model",
      why: "A profile whose model does not exist fails every answer.",
      async run(signal) {
        if (models.length === 0) return [];
        let authorization: string;
        try {
          authorization = `Bearer ${(await apiKey(signal)).reveal()}`;
        } catch {
          // The finding about the key says more.
          return [];
        }
        return Promise.all(models.map((model) => modelResult(model, authorization, signal)));
      },
    },
    {
      name: "workflow",
      why: "A hosted profile whose workflow cannot be used mints no session.",
      run: (signal) =>
        Promise.all(
          hostedProfiles.map(async (profile): Promise<CheckResult> => {
            const failure = await tryHosted(profile, signal);
            if (failure === null) {
              return { status: "ok", what: `Profile ${profile} minted a hosted session, cancelled again.` };
            }
            return {
              status: "broken",
              what: `Profile ${profile} cannot mint a hosted session (${failure}).`,
              mend:
                failure === "upstream_rejected"
                  ? "Check the workflow's id and version: it must exist in the project of the API key. Hosted sessions end on 2026-11-30; the local issuer needs no workflow."
                  : "See what the findings about the key and the provider say.",
            };
          }),
        ),
    },
  ];

  async function modelResult(
    model: string,
    authorization: string,
    signal: AbortSignal,
  ): Promise<CheckResult> {
    const reply = await ask(`/models/${encodeURIComponent(model)}`, { authorization }, signal);
    const status = typeof reply === "string" ? reply : `HTTP ${reply.status}`;
    if (status === "HTTP 200") return { status: "ok", what: `The model ${model} can be used.` };
    if (status === "HTTP 404") {
      return {
        status: "broken",
        what: `The model ${model} does not exist, or this API key may not use it.`,
        mend: "Name another one with SIDEKIT_MODEL or in the profile, or give the key's project access to it.",
      };
    }
    return {
      status: "warning",
      what: `Whether the model ${model} can be used could not be found out (${status}).`,
      mend: "See what the findings about the key and the provider say.",
    };
  }

  /** The answer, or a short word for why there is none. Its body is not looked at. */
  async function ask(
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Response | string> {
    try {
      const response = await fetch(`${baseUrl}${path}`, { headers, redirect: "manual", signal });
      await response.body?.cancel().catch(() => {});
      return response;
    } catch (error) {
      signal.throwIfAborted();
      return networkWord(error);
    }
  }
}

/** The Date field has whole seconds. */
function skewResults(date: string | null, atMs: number): CheckResult[] {
  const theirsMs = Date.parse(date ?? "");
  if (Number.isNaN(theirsMs)) return [];
  const skewMs = atMs - theirsMs;
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  if (Math.abs(skewMs) <= maxSkewMs) {
    return [
      { status: "ok", what: `The clock of this machine agrees with the provider's within ${seconds + 1} s.` },
    ];
  }
  return [
    {
      status: "warning",
      what: `The clock of this machine is ${seconds} s ${skewMs > 0 ? "ahead of" : "behind"} the provider's.`,
      mend: "Have the machine keep time (timedatectl set-ntp true). Hosted sessions are refused, and tokens of users are misjudged.",
    },
  ];
}
