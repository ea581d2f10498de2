// How many events go into one request after a server has rejected some and not said which.

export interface Caution {
  /** Events that one request may hold. */
  size(): number;
  /** A request passed whole. */
  passedWhole(): void;
  /** Some of a request were rejected, and nobody knows which. */
  rejectedSome(): void;
  /** All of a request were rejected, so that each is known. */
  rejectedAll(): void;
}

const passesToGrow = 10;
const growth = 10;
const sizeWithoutCaution = 1000;

/**
 * Without bound at first. One event after a rejection, so that culprits get names; ten times as many whenever ten
 * requests have passed whole: one bad event in a hundred must not take hundreds of good ones with it again and again.
 */
export function createCaution(): Caution {
  let size = Number.POSITIVE_INFINITY;
  let passes = 0;
  return {
    size: () => size,
    passedWhole() {
      passes++;
      if (passes < passesToGrow) return;
      passes = 0;
      size = size * growth < sizeWithoutCaution ? size * growth : Number.POSITIVE_INFINITY;
    },
    rejectedSome() {
      size = 1;
      passes = 0;
    },
    rejectedAll() {
      passes = 0;
    },
  };
}
