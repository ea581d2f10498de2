// A bounded cache of what a text means: senders repeat few texts.

const maxCached = 4_096;
const maxCachedLength = 64;

/** Caches the results for short texts, of which there are few. */
export function cachedByText<T>(compute: (text: string) => T): (text: string) => T {
  const cache = new Map<string, { readonly result: T }>();
  return (text) => {
    const cached = cache.get(text);
    if (cached !== undefined) return cached.result;
    const result = compute(text);
    if (cache.size < maxCached && text.length <= maxCachedLength) cache.set(text, { result });
    return result;
  };
}
