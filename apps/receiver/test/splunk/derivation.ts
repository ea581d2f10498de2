// Reads the tables of docs/reference/splunk.md, and derives the CIM fields of an event with them.
import { readFile } from 'node:fs/promises';
import { parseEval, type Value } from './eval.ts';
import type { Fields } from './fields.ts';
import { parseSearch } from './search.ts';

const page = await readFile(new URL('../../../../docs/reference/splunk.md', import.meta.url), 'utf8');

/** The rows of the tables whose second cell is text and whose third cell has this form. */
const rows = (pattern: RegExp) => [...page.matchAll(pattern)].map((found) => found.slice(1));

const eventTypeRows = rows(/^\| `(\w+)` \| `([^`|]+)` \| ([\w ]+) \| (\w+) \|$/gm);
const calculatedRows = rows(/^\| `(\w+)` \| ([\w ]+) \| `([^`|]+)` \|$/gm);

export const eventTypes = eventTypeRows.map(([name = '', search = '', tags = '', model = '']) => ({
  name,
  model,
  tags: tags.split(' '),
  matches: parseSearch(search),
}));

const calculated = calculatedRows.map(([field = '', sourcetypes = '', expression = '']) => ({
  field,
  sourcetypes: sourcetypes.split(' '),
  evaluate: parseEval(expression),
}));

/** The extracted fields that expressions and searches name. */
export const mentionedFields: readonly string[] = [
  ...new Set([
    ...calculatedRows.flatMap(([, , expression = '']) =>
      [...expression.matchAll(/'([^']+)'/g)].map(([, name = '']) => name),
    ),
    ...eventTypeRows.flatMap(([, search = '']) => [...search.matchAll(/([\w.{}]+)=/g)].map(([, name = '']) => name)),
  ]),
];

/** The calculated fields by sourcetype, as in the stanzas of props.conf. */
export const stanzas: ReadonlyMap<string, ReadonlyMap<string, (fields: Fields) => Value>> = new Map(
  [...new Set(calculated.flatMap(({ sourcetypes }) => sourcetypes))].map((sourcetype) => {
    const rowsFor = (name: string) => calculated.filter(({ sourcetypes }) => sourcetypes.includes(name));
    const own = [...rowsFor('all'), ...rowsFor(sourcetype)];
    return [sourcetype, new Map(own.map(({ field, evaluate }) => [field, evaluate]))];
  }),
);

/** All fields of an event: the extracted ones, and the calculated ones. */
export function calculate(fields: Fields): Fields {
  const sourcetype = (fields.get('sourcetype')?.[0] ?? '').replace(/^extreme:xiq:/, '');
  const all = new Map(fields);
  for (const [field, evaluate] of stanzas.get(sourcetype) ?? stanzas.get('all') ?? []) {
    const value = evaluate(fields);
    if (value === null) continue;
    all.set(field, typeof value === 'object' ? value : [String(value)]);
  }
  return all;
}
