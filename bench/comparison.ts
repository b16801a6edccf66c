// Two servers measured in turn in one run, so that what the machine does meanwhile meets both.

export interface Comparison {
  /** One sample per round, in the order taken. */
  readonly subject: readonly number[];
  readonly reference: readonly number[];
  /** Subject through reference, round by round. */
  readonly ratios: readonly number[];
}

/** Rounds that are run and thrown away: compilers and caches are cold in the first. */
const warmUpRounds = 1;

/** Measures both once a round, and turns their order round every time. */
export async function compareInTurn(
  rounds: number,
  measure: { readonly subject: () => Promise<number>; readonly reference: () => Promise<number> },
): Promise<Comparison> {
  const subject: number[] = [];
  const reference: number[] = [];
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    const referenceFirst = round % 2 !== 0;
    const early = referenceFirst ? await measure.reference() : null;
    const subjectSample = await measure.subject();
    const referenceSample = early ?? (await measure.reference());
    if (round < 0) continue;
    subject.push(subjectSample);
    reference.push(referenceSample);
  }
  return { subject, reference, ratios: subject.map((sample, round) => sample / reference[round]!) };
}

export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
