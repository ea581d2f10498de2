// Ids as the vendor gives them: int64, now and then beyond what a double can carry.

/** 2^53 + 1: a reader of doubles takes it for 2^53, and its third neighbour for the fourth. */
const beyondDouble = 9_007_199_254_740_993n;

/** Rising ids of one series; every `bigEvery`-th is beyond 2^53, and there they are neighbours. */
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
