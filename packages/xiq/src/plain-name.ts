// The form in which names of fields are compared.

const maxCached = 4_096;
const maxCachedLength = 64;
const cache = new Map<string, string>();

/** The name in lower case, without `_` and `-`: senders spell one field `authDate`, `auth_date`, `AuthDate` and `authdate`. */
export function plainName(name: string): string {
  const known = cache.get(name);
  if (known !== undefined) return known;
  const plain = name.toLowerCase().replace(/[_-]/g, '');
  if (cache.size < maxCached && name.length <= maxCachedLength) cache.set(name, plain);
  return plain;
}
