// Settings of the chat element that the page loads: ours, the vendor's, or ours where the vendor's does not come up.

import { z } from "zod";

import type { SettingProblem } from "./setting-problems.ts";
import { isLoopbackName } from "./settings-network.ts";

/** Where the vendor documents its script to be. Its frame is served from the same folder. */
const vendorScriptUrl = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js";
/** Our own element, and the vendor's on a loopback address, take any. */
const anyDomainKey = "local-dev";

/** Their variables, to be spread into the schema of the environment. */
export const elementSettings = {
  SIDEKIT_ELEMENT: z
    .enum(["open", "vendor", "auto"])
    .default("open")
    .describe(
      "Which chat element the page loads: our own, the vendor's, or `auto`, which takes ours when the vendor's does not come up.",
    ),
  SIDEKIT_ELEMENT_SCRIPT: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .default(vendorScriptUrl)
    .describe("Where the vendor's script is loaded from. Plain http on loopback only."),
  SIDEKIT_DOMAIN_KEY: z
    .string()
    .regex(/^[\w-]{1,256}$/, "must be letters, digits, hyphens and underscores")
    .default(anyDomainKey)
    .describe("The domain key that the vendor's element has checked for the page's host name."),
};

export interface ElementConfig {
  readonly kind: "open" | "vendor" | "auto";
  /** Null: no script but our own is loaded. */
  readonly scriptUrl: string | null;
  readonly domainKey: string;
  /** A key of the vendor's was given. */
  readonly hasDomainKey: boolean;
}

type ElementValues = {
  readonly [Name in keyof typeof elementSettings]: z.infer<(typeof elementSettings)[Name]>;
};

export function parseElement(values: ElementValues): ElementConfig {
  const kind = values.SIDEKIT_ELEMENT;
  return Object.freeze({
    kind,
    scriptUrl: kind === "open" ? null : new URL(values.SIDEKIT_ELEMENT_SCRIPT).href,
    domainKey: values.SIDEKIT_DOMAIN_KEY,
    hasDomainKey: values.SIDEKIT_DOMAIN_KEY !== anyDomainKey,
  });
}

/** The address goes into the page's policy as it is: nothing in it may end a directive or begin another. */
export function elementProblems({ SIDEKIT_ELEMENT_SCRIPT }: ElementValues): SettingProblem[] {
  const setting = "SIDEKIT_ELEMENT_SCRIPT";
  const url = new URL(SIDEKIT_ELEMENT_SCRIPT);
  const problems: SettingProblem[] = [];
  if (url.protocol === "http:" && !isLoopbackName(url.hostname)) {
    problems.push({ setting, problem: "must use https, except on loopback" });
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    problems.push({ setting, problem: "must not carry credentials, a query or a fragment" });
  }
  if (!/^[\w./-]+\.js$/.test(url.pathname)) {
    problems.push({ setting, problem: "must lead to a .js file by a path of letters, digits, . _ and -" });
  }
  return problems;
}
