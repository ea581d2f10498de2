// Keeps the last appended lines in memory: `copytruncate` of logrotate loses what is appended between its copy and its truncation.

/** How long logrotate may take from the end of its copy, which it syncs, to the truncation. */
export const keptMs = 10_000;
/** Limit of memory, and of the duplicates that a truncation causes. */
export const maxKeptBytes = 16 * 1024 ** 2;

export interface RecentAppends {
  add(bytes: Uint8Array, nowMs: number): void;
  /** Returns those of the last `keptMs`, and forgets them. */
  take(nowMs: number): Buffer;
}

export function createRecentAppends(): RecentAppends {
  let kept: { readonly bytes: Uint8Array; readonly atMs: number }[] = [];
  let total = 0;

  function removeOld(nowMs: number): void {
    // A clock that is set back keeps them longer: the number of bytes is still limited.
    while (kept[0] !== undefined && (total > maxKeptBytes || nowMs - kept[0].atMs > keptMs)) {
      total -= kept.shift()?.bytes.length ?? 0;
    }
  }

  function addAppended(bytes: Uint8Array, nowMs: number): void {
    kept.push({ bytes, atMs: nowMs });
    total += bytes.length;
    removeOld(nowMs);
  }

  function takeAll(nowMs: number): Buffer {
    removeOld(nowMs);
    const bytes = Buffer.concat(kept.map((one) => one.bytes));
    kept = [];
    total = 0;
    return bytes;
  }

  return { add: addAppended, take: takeAll };
}
