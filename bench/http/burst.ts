// The answer that both stream servers give, without delay.

const delta = "Twenty characters.  ";

export const burst = { deltas: 200, delta, text: delta.repeat(200) } as const;
