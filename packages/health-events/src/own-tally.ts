// When signals of ours were kept: what destinations then make of them is no news.

export interface OwnTally {
  add(atMs: number, count: number): void;
  /** How many were kept at this moment or later. */
  since(atMs: number): number;
}

const maxEntries = 5_000;

export function createOwnTally(): OwnTally {
  const entries: { readonly atMs: number; readonly count: number }[] = [];
  return {
    add(atMs, count) {
      entries.push({ atMs, count });
      if (entries.length > maxEntries) entries.shift();
    },
    since: (atMs) => entries.reduce((sum, entry) => (entry.atMs >= atMs ? sum + entry.count : sum), 0),
  };
}
