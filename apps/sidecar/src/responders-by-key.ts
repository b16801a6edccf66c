// A responder is made with one API key. Profiles with another key get a responder of their own.

import type { Responder } from "@sidekit/chatkit";
import { createDemoResponder } from "@sidekit/chatkit/responders/demo";
import { createOpenAiResponsesResponder } from "@sidekit/chatkit/responders/openai-responses";

import type { Config, ProfileConfig } from "./config.ts";
import { loadResponders, type ResponderParts } from "./responders.ts";
import { defaultKeyId } from "./settings-keys.ts";

/** What the responder of this profile is called among all of them. */
export function responderNameOf({ responder, key }: Pick<ProfileConfig, "responder" | "key">): string {
  return key === defaultKeyId ? responder : `${responder}@${key}`;
}

/** Every responder that a profile may lead to, by that name. Throws StartError. */
export async function openResponders(
  config: Pick<Config, "profiles" | "ownResponders">,
  partsFor: (keyId: string) => ResponderParts,
): Promise<Record<string, Responder>> {
  const responders: Record<string, Responder> = {};
  for (const key of new Set(config.profiles.map((profile) => profile.key))) {
    const parts = partsFor(key);
    const used = config.ownResponders.filter((name) =>
      config.profiles.some((profile) => profile.key === key && profile.responder === name),
    );
    const made: Record<string, Responder> = {
      ...(await loadResponders(used, parts)),
      demo: createDemoResponder(),
      "openai-responses": createOpenAiResponsesResponder(parts),
    };
    for (const [responder, one] of Object.entries(made))
      responders[responderNameOf({ responder, key })] = one;
  }
  return responders;
}
