// What would change, as lines for a person: `+` is added, `-` taken away, `~` changed.

/** Empty where nothing differs. Lists count as one value. */
export function difference(current: unknown, desired: unknown): readonly string[] {
  const before = leavesOf(current);
  const after = leavesOf(desired);
  const lines: [string, string][] = [];
  for (const [path, value] of after) {
    const old = before.get(path);
    if (old === undefined) lines.push([path, `+ ${path}: ${value}`]);
    else if (old !== value) lines.push([path, `~ ${path}: ${old} -> ${value}`]);
  }
  for (const [path, value] of before) if (!after.has(path)) lines.push([path, `- ${path}: ${value}`]);
  return lines.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, line]) => line);
}

/** When a template was written is the server's own note. */
const serversOwn = /^(?:created|modified)_date/;

/** Values by dotted path, as texts: the server gives settings back as strings, whatever they were sent as. */
function leavesOf(value: unknown, path = '', leaves = new Map<string, string>()): ReadonlyMap<string, string> {
  if (Array.isArray(value)) leaves.set(path, JSON.stringify(value));
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      if (!serversOwn.test(key)) leavesOf(inner, path === '' ? key : `${path}.${key}`, leaves);
    }
  } else if (value !== undefined) leaves.set(path, String(value));
  return leaves;
}
