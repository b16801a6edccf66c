// How the program that started this one makes sure that it is this one which answers on the port (S5).

import { proofNonce, proofOf, proofPath } from "@sidekit/sidecar-host/child";
import type { FastifyInstance } from "fastify";

import { EdgeError } from "../errors.ts";

const config = { credential: "none", underLoad: "served-from-reserve" } as const;

export async function hostProofRoutes(
  app: FastifyInstance,
  { launchToken }: { readonly launchToken: string },
): Promise<void> {
  app.get<{ Params: { nonce: string } }>(`${proofPath}:nonce`, { config }, async (request) => {
    const nonce = proofNonce.safeParse(request.params.nonce);
    if (!nonce.success) throw new EdgeError("not_found");
    return { proof: proofOf(launchToken, nonce.data) };
  });
}
