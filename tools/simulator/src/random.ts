// A small random generator (sfc32): a seed gives the same bytes on every machine and Node version.

export interface Random {
  /** At least 0, below 1. */
  next(): number;
  /** An integer, both ends inclusive. */
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
  /** Removes and returns a random element of `choices`, which must not be empty. */
  take<T>(choices: T[]): T;
  /** Lower-case hex digits. */
  hex(digits: number): string;
}

export function createRandom(seed: number): Random {
  const state = new Uint32Array([seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, 0x9e3779b9, 1]);

  function nextInteger(): number {
    const [a = 0, b = 0, c = 0, counter = 0] = state;
    const result = (a + b + counter) >>> 0;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + result;
    state[3] = counter + 1;
    return result;
  }
  // The first outputs depend visibly on the seed.
  for (let round = 0; round < 16; round++) nextInteger();

  const next = () => nextInteger() / 2 ** 32;
  const between = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));

  function at<T>(choices: readonly T[], index: number): T {
    const choice = choices[index];
    if (choice === undefined) throw new RangeError('nothing to choose from');
    return choice;
  }

  return {
    next,
    between,
    chance: (probability) => next() < probability,
    pick: (choices) => at(choices, between(0, choices.length - 1)),
    take(choices) {
      const index = between(0, choices.length - 1);
      const taken = at(choices, index);
      choices.splice(index, 1);
      return taken;
    },
    hex: (digits) => Array.from({ length: digits }, () => between(0, 15).toString(16)).join(''),
  };
}
