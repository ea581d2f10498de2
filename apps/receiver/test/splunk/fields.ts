// The fields that Splunk extracts at search time from a JSON event (`KV_MODE = json`).

/** The values of each field. An array of scalars is the field `name{}`. */
export type Fields = ReadonlyMap<string, readonly string[]>;

export function extractFields(event: unknown, metadata: Readonly<Record<string, unknown>>): Fields {
  const fields = new Map<string, string[]>(Object.entries(metadata).map(([name, value]) => [name, [String(value)]]));
  const visit = (value: unknown, name: string): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, `${name}{}`);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) visit(inner, name === '' ? key : `${name}.${key}`);
    } else fields.set(name, [...(fields.get(name) ?? []), String(value)]);
  };
  visit(event, '');
  return fields;
}
