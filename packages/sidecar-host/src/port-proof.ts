// How whoever answers on a port shows that it is the sidecar of this parent: by what only the two of them know (S5).

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { Agent, get } from "node:http";

import { z } from "zod";

import { SidecarHostError } from "./errors.ts";

const nonceBytes = 32;
const proofDeadlineMs = 3000;
const maxAnswerBytes = 1024;
const answered = z.object({ proof: z.string().regex(/^[A-Za-z0-9_-]{43}$/) });

/** Below the sidecar's address; a nonce follows. */
export const proofPath = "/host/proof/";
/** 32 bytes in base64url. */
export const proofNonce = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** HMAC-SHA-256(launch token, "sidecar" ‖ nonce), base64url. The nonce is one that `proofNonce` accepts. */
export function proofOf(launchToken: string, nonce: string): string {
  return hmac(launchToken, Buffer.from(nonce, "base64url")).toString("base64url");
}

/**
 * Rejects with `port_not_ours` when another answer comes, `port_silent` when none does within 3 s, or the signal's
 * reason. What is sent is a random number.
 */
export async function provePort(url: string, launchToken: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const nonce = randomBytes(nonceBytes);
  const deadline = AbortSignal.timeout(proofDeadlineMs);
  const either = AbortSignal.any([signal, deadline]);
  const address = new URL(proofPath + nonce.toString("base64url"), url);
  const { status, text } = await ask(address, either).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new SidecarHostError("port_silent", { cause });
  });
  const parsed = answered.safeParse(jsonOf(text));
  const proof = Buffer.from(parsed.success ? parsed.data.proof : "", "base64url");
  const expected = hmac(launchToken, nonce);
  if (status !== 200 || proof.length !== expected.length || !timingSafeEqual(proof, expected)) {
    throw new SidecarHostError("port_not_ours");
  }
}

function hmac(launchToken: string, nonce: Buffer): Buffer {
  return createHmac("sha256", launchToken).update("sidecar").update(nonce).digest();
}

/** On a connection of its own, by no proxy that the environment names. Of a long answer only the beginning is read. */
function ask(url: URL, signal: AbortSignal): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: new Agent({ keepAlive: false }), signal }, (response) => {
      let text = "";
      const done = () => {
        resolve({ status: response.statusCode ?? 0, text });
        request.destroy();
      };
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > maxAnswerBytes) done();
      });
      response.on("end", done);
      response.on("error", reject);
    });
    request.on("error", reject);
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
