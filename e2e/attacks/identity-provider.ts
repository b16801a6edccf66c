// An identity provider of a product: it publishes one key, and signs access tokens with it.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { exportJWK, generateKeyPair, SignJWT } from "jose";

const issuer = "https://login.example.com/";
const audience = "https://chat.example.com";

/** Somebody who has signed in there. */
export interface Person {
  readonly sub: string;
  readonly org: string;
}

export interface IdentityProvider extends AsyncDisposable {
  /** What makes a sidecar trust it. */
  readonly env: Readonly<Record<string, string>>;
  accessToken(person: Person): Promise<string>;
}

export async function startIdentityProvider(): Promise<IdentityProvider> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "one", alg: "ES256" }] });
  const server = createServer((_request, response) => response.end(keys));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    env: {
      SIDEKIT_JWKS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
      SIDEKIT_JWT_ISSUER: issuer,
      SIDEKIT_JWT_AUDIENCE: audience,
      SIDEKIT_JWT_TENANT_CLAIM: "org",
    },
    accessToken: (person) =>
      new SignJWT({ ...person })
        .setProtectedHeader({ alg: "ES256", kid: "one", typ: "at+jwt" })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime("10m")
        .sign(privateKey),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
