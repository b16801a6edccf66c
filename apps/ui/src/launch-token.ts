// What a launch token looks like, and where it stands in the lines and addresses that people copy.

/** S39: prefix, 43 characters of secret, 6 of checksum. */
const tokenPattern = /(?<![0-9A-Za-z])ckbs_[0-9A-Za-z]{49}(?![0-9A-Za-z])/;
const fragmentPattern = /^#launch=/;

/** The token in a ready line, an address or by itself; null when there is none. */
export function findLaunchToken(text: string): string | null {
  return tokenPattern.exec(text)?.[0] ?? null;
}

/** Whether the fragment of an address is meant to hand over a token, well-formed or not. */
export function isLaunchFragment(fragment: string): boolean {
  return fragmentPattern.test(fragment);
}
