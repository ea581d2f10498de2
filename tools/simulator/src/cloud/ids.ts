// Generates ids like the vendor's: int64, some beyond the range of a double.

/** 2^53 + 1, which a double rounds to 2^53. Neighbouring ids round to the same value. */
const beyondDouble = 9_007_199_254_740_993n;

/** Ascending ids of one series; every `bigEvery`-th is beyond 2^53. */
export function idSeries(start: number, bigEvery: number): () => bigint {
  let given = 0;
  let big = 0n;
  return () => {
    given += 1;
    if (given % bigEvery === 0) {
      big += 1n;
      return beyondDouble + big - 1n;
    }
    return BigInt(start + given);
  };
}
