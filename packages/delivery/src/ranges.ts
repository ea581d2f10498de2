// Sets of whole numbers as ascending ranges that do not touch.

export type Range = [from: number, to: number];
export type Ranges = Range[];

/** Index of the first range that ends at or after `value`. */
function firstEndingAt(ranges: readonly (readonly [number, number])[], value: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const range = ranges[middle];
    if (range !== undefined && range[1] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function rangesHave(ranges: readonly (readonly [number, number])[], value: number): boolean {
  const range = ranges[firstEndingAt(ranges, value)];
  return range !== undefined && range[0] <= value;
}

/** Adds `from` to `to`, both inclusive, and joins what touches. */
export function addRange(ranges: Ranges, from: number, to: number): void {
  const start = firstEndingAt(ranges, from - 1);
  let end = start;
  let low = from;
  let high = to;
  for (let range = ranges[end]; range !== undefined && range[0] <= to + 1; range = ranges[++end]) {
    low = Math.min(low, range[0]);
    high = Math.max(high, range[1]);
  }
  ranges.splice(start, end - start, [low, high]);
}
