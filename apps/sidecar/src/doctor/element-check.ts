// The chat element of the page: whether the vendor's can be had, and whether it is likely to work at this address.

import type { ElementConfig } from "../settings-element.ts";
import { isLoopbackName } from "../settings-network.ts";
import type { Check, CheckResult } from "./examination.ts";
import { networkWord } from "./network-word.ts";

export interface ElementCheckOptions {
  readonly element: ElementConfig;
  readonly publicUrl: () => string;
  readonly fetch: typeof fetch;
}

const registry = "https://platform.openai.com/settings/organization/security/domain-allowlist";

export function elementCheck({ element, publicUrl, fetch }: ElementCheckOptions): Check {
  // With `auto` our own element stands in for what is missing.
  const failed = element.kind === "vendor" ? "broken" : "warning";
  return {
    name: "element",
    why:
      element.kind === "vendor"
        ? "The page shows no chat without its element."
        : "The page waits for the vendor's element, and then shows its own.",
    async run(signal) {
      const { scriptUrl } = element;
      if (scriptUrl === null) {
        return [
          { status: "ok", what: "The page loads Sidekit's own chat element, which needs no domain key." },
        ];
      }
      return [await scriptResult(scriptUrl, signal), domainResult(new URL(publicUrl()))];
    },
  };

  async function scriptResult(scriptUrl: string, signal: AbortSignal): Promise<CheckResult> {
    const { host } = new URL(scriptUrl);
    const mend =
      "Check SIDEKIT_ELEMENT_SCRIPT and the way out of this network, or set SIDEKIT_ELEMENT=open. Browsers load it by themselves: their network counts, too.";
    let found: string;
    try {
      const response = await fetch(scriptUrl, { redirect: "manual", signal });
      await response.body?.cancel().catch(() => {});
      const isScript = (response.headers.get("content-type") ?? "").includes("javascript");
      if (response.status === 200 && isScript)
        return { status: "ok", what: `The vendor's chat element can be had from ${host}.` };
      found = response.status === 200 ? "no script" : `HTTP ${response.status}`;
    } catch (error) {
      signal.throwIfAborted();
      found = networkWord(error);
    }
    return { status: failed, what: `The vendor's chat element cannot be had from ${host} (${found}).`, mend };
  }

  function domainResult({ hostname }: URL): CheckResult {
    if (isLoopbackName(hostname))
      return { status: "ok", what: `At ${hostname} the vendor's element takes any domain key.` };
    if (element.hasDomainKey) {
      return {
        status: "ok",
        what: `A domain key is set. Whether it is registered for ${hostname}, only the vendor's element finds out.`,
      };
    }
    return {
      status: failed,
      what: `No domain key is set, and the vendor's element refuses to work at ${hostname} without one.`,
      mend: `Register ${hostname} at ${registry} and put its key into SIDEKIT_DOMAIN_KEY.`,
    };
  }
}
