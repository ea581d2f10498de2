// Sets of whole numbers as ascending ranges that do not touch.

export type Range = [from: number, to: number];
export type Ranges = Range[];
type ReadonlyRanges = readonly (readonly [from: number, to: number])[];

/** Index of the first range that ends at or after `value`. */
function firstEndingAt(ranges: ReadonlyRanges, value: number): number {
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

/** The range that holds `value`. */
export function rangeAt(ranges: ReadonlyRanges, value: number): readonly [from: number, to: number] | undefined {
  const range = ranges[firstEndingAt(ranges, value)];
  return range !== undefined && range[0] <= value ? range : undefined;
}

export function rangesHave(ranges: ReadonlyRanges, value: number): boolean {
  return rangeAt(ranges, value) !== undefined;
}

/** How many numbers of `from` to `to`, both inclusive, are in the ranges. */
export function countIn(ranges: ReadonlyRanges, from: number, to: number): number {
  let count = 0;
  let index = firstEndingAt(ranges, from);
  for (let range = ranges[index]; range !== undefined && range[0] <= to; range = ranges[++index]) {
    count += Math.min(range[1], to) - Math.max(range[0], from) + 1;
  }
  return count;
}

/** Adds `from` to `to`, both inclusive, and joins what touches. Gives the range that now holds them, and those it replaces. */
export function addRange(
  ranges: Ranges,
  from: number,
  to: number,
): { readonly added: Range; readonly replaced: Ranges } {
  const start = firstEndingAt(ranges, from - 1);
  let end = start;
  let low = from;
  let high = to;
  for (let range = ranges[end]; range !== undefined && range[0] <= to + 1; range = ranges[++end]) {
    low = Math.min(low, range[0]);
    high = Math.max(high, range[1]);
  }
  const added: Range = [low, high];
  return { added, replaced: ranges.splice(start, end - start, added) };
}
