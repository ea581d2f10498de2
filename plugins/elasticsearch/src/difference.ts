// What would change, as lines for a person: `+` is added, `-` taken away, `~` changed.

/** Empty where nothing differs. A list, and the definition of a field, count as one value. */
export function difference(current: unknown, desired: unknown): readonly string[] {
  const before = leavesOf(current);
  const after = leavesOf(desired);
  const lines: string[] = [];
  for (const path of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const old = before.get(path);
    const next = after.get(path);
    if (old === undefined) lines.push(`+ ${path}: ${next}`);
    else if (next === undefined) lines.push(`- ${path}: ${old}`);
    else if (old !== next) lines.push(`~ ${path}: ${old} -> ${next}`);
  }
  return lines;
}

/** When a template was written is the server's own note. */
const serversOwn = /^(?:created|modified)_date/;

/** Values by dotted path, as texts: the server gives settings back as strings, whatever they were sent as. */
function leavesOf(value: unknown, path: readonly string[] = [], leaves = new Map<string, string>()) {
  if (isObject(value) && !isField(value)) {
    for (const [key, inner] of Object.entries(value)) {
      if (!serversOwn.test(key)) leavesOf(inner, key === 'properties' ? path : [...path, key], leaves);
    }
  } else if (value !== undefined) {
    leaves.set(path.join('.'), typeof value === 'object' ? JSON.stringify(sorted(value)) : String(value));
  }
  return leaves;
}

/** `{ type: 'keyword', ignore_above: 1024 }` and the like. */
function isField(value: object): boolean {
  return 'type' in value && Object.values(value).every((inner) => typeof inner !== 'object');
}

/** The same with all keys in order: the server gives them back in an order of its own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
