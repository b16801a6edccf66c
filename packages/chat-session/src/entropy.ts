// Random bytes from the operating system's generator, drawn for many uses at once.

// A call to the generator for each use costs 25 times as much.
const pool = new Uint8Array(8192);
let drawn = pool.length;

/** What `use` makes of fresh random bytes. It keeps none of them: they are wiped as soon as it returns. */
export function withRandomBytes<Result>(count: number, use: (bytes: Uint8Array) => Result): Result {
  if (drawn + count > pool.length) {
    crypto.getRandomValues(pool);
    drawn = 0;
  }
  const bytes = pool.subarray(drawn, (drawn += count));
  try {
    return use(bytes);
  } finally {
    bytes.fill(0);
  }
}
