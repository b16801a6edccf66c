// Servers measured in turn in one run, so that what the machine does meanwhile meets all of them.

/** Rounds that are run and thrown away: compilers and caches are cold in the first. */
const warmUpRounds = 1;

/** Measures each once a round, and begins every round with another one. Samples come in the order taken. */
export async function measureInTurn<Name extends string, Sample>(
  rounds: number,
  measures: Readonly<Record<Name, () => Promise<Sample>>>,
): Promise<Record<Name, Sample[]>> {
  const entries = Object.entries<() => Promise<Sample>>(measures);
  const samples = new Map(entries.map(([name]): [string, Sample[]] => [name, []]));
  for (let round = 0; round < warmUpRounds + rounds; round += 1) {
    for (let turn = 0; turn < entries.length; turn += 1) {
      const [name, measure] = entries[(round + turn) % entries.length]!;
      const sample = await measure();
      if (round >= warmUpRounds) samples.get(name)!.push(sample);
    }
  }
  return Object.fromEntries(samples) as Record<Name, Sample[]>;
}

/** Subject through reference, round by round. */
export function ratios(subject: readonly number[], reference: readonly number[]): number[] {
  return subject.map((sample, round) => sample / reference[round]!);
}

/** The sample that this share of all lies below; at 0.5 the median. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)]!;
  return below + (sorted[Math.ceil(place)]! - below) * (place % 1);
}
