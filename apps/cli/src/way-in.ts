// Which sidecar, and with which launch token. The token comes from a variable or a hidden prompt.

import { Secret } from "@sidekit/secrets";

import { CliError } from "./errors.ts";

/** Where the sidecar listens unless it is told otherwise. */
export const defaultUrl = "http://127.0.0.1:4310";

const tokenPattern = /^ckbs_[0-9A-Za-z]{49}$/;
const readyLinePattern = /(https?:\/\/[^\s/]+)\/?#launch=(\S+)$/;

export interface WayIn {
  /** An origin, without a slash at its end. */
  readonly url: string;
  readonly launchToken: Secret | null;
}

/**
 * Puts together what the option and the variable say. A token is accepted alone, as the ready line's address, or as
 * the whole ready line, and never goes to another address than the one it was printed with. Throws CliError.
 */
export function findWayIn(urlOption: string | null, given: Secret | null): WayIn {
  const named = urlOption === null ? null : parseServerUrl(urlOption);
  if (given === null) return { url: named ?? defaultUrl, launchToken: null };
  const text = given.reveal().trim();
  const address = readyLinePattern.exec(text);
  const token = address?.[2] ?? text;
  if (!tokenPattern.test(token)) throw new CliError("malformed_launch_token");
  const printed = address?.[1] === undefined ? null : parseServerUrl(address[1]);
  if (named !== null && printed !== null && named !== printed) throw new CliError("foreign_launch_token");
  return { url: named ?? printed ?? defaultUrl, launchToken: new Secret(token) };
}

/** The origin of a server's address. Throws CliError `invalid_url`, or `insecure_url` for plain http off this machine. */
export function parseServerUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new CliError("invalid_url");
  if (
    url.username !== "" ||
    url.password !== "" ||
    url.pathname !== "/" ||
    url.search !== "" ||
    url.hash !== ""
  ) {
    throw new CliError("invalid_url");
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) throw new CliError("insecure_url");
  return url.origin;
}

/** Names and addresses that never leave this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
