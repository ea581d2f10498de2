// Renders docs/reference/configuration.md and mapping.md from the schemas that check them, and from docs/examples.
import { readFile } from 'node:fs/promises';
import { commonDestinationSchema, commonSourceSchema, configurationSchema } from '@xiq-siem/config';
import { mappings, messageTypes, outcomeWords } from '@xiq-siem/xiq';
import type { z } from 'zod';
import { registry } from '../src/registry.ts';
import { type Node, nodeOf, row } from './render-schema.ts';

const external = '`{ env, optional }` or `{ file, optional }`';
const managed = '`{ managed: true }`';

function typeOf({ type, enum: values, const: only, items, anyOf, properties, additionalProperties }: Node): string {
  if (values !== undefined) return values.map((value) => `\`${JSON.stringify(value)}\``).join(' or ');
  if (only !== undefined) return `\`${JSON.stringify(only)}\``;
  if (anyOf !== undefined) {
    const has = (key: string): boolean => anyOf.some((branch) => branch.properties?.[key] !== undefined);
    const plain = anyOf.filter((branch) => branch.properties === undefined).map(typeOf);
    return [...plain, ...(has('env') ? [external] : []), ...(has('managed') ? [managed] : [])].join(' or ');
  }
  if (type === 'array') return items === undefined ? 'list' : `list of ${typeOf(items)}`;
  if (properties !== undefined) return 'object';
  if (typeof additionalProperties === 'object') return `object of ${typeOf(additionalProperties)}`;
  return type ?? 'any';
}

function rangeOf({ minimum, maximum, exclusiveMinimum }: Node): string {
  const low = minimum ?? exclusiveMinimum;
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (low !== undefined && bounded) return `, ${low} to ${maximum}`;
  if (low !== undefined && low > Number.MIN_SAFE_INTEGER)
    return `, ${exclusiveMinimum === undefined ? 'from' : 'above'} ${low}`;
  return bounded ? `, at most ${maximum}` : '';
}

function rowsOf({ properties = {}, required = [] }: Node, prefix = ''): string[] {
  return Object.entries(properties).flatMap(([key, value]) => {
    const name = `${prefix}${key}`;
    const nested = value.properties;
    if (nested !== undefined && Object.keys(nested).length > 0) return rowsOf({ properties: nested }, `${name}.`);
    const fallback =
      value.default === undefined
        ? required.includes(key)
          ? '**needed**'
          : ''
        : `\`${JSON.stringify(value.default)}\``;
    const own = row(`\`${name}\``, typeOf(value) + rangeOf(value), fallback, value.description ?? '');
    const entry = typeof value.additionalProperties === 'object' ? value.additionalProperties : {};
    return [own, ...rowsOf(entry, `${name}.<name>.`)];
  });
}

function table(schema: z.ZodType, without: readonly string[] = []): string {
  const { properties = {}, required } = nodeOf(schema, 'input');
  const shown = Object.fromEntries(Object.entries(properties).filter(([key]) => !without.includes(key)));
  return ['| key | type | default | |', '| --- | --- | --- | --- |', ...rowsOf({ properties: shown, required })].join(
    '\n',
  );
}

/** A file of docs/examples. */
export const exampleText = (name: string): Promise<string> =>
  readFile(new URL(`../../../docs/examples/${name}`, import.meta.url), 'utf8');

/** The fields of all message families; a field of several families is one row. */
function fieldTable({ properties: families = {} }: Node): string {
  const all = Object.entries(families).flatMap(([family, { properties = {} }]) =>
    Object.entries(properties).map(([field, { description = '' }]) => ({ family, field, description })),
  );
  const rows = [...Map.groupBy(all, ({ field, description }) => `${field} ${description}`).values()].map((same) => {
    const [first] = same;
    const named = same.map(({ family }) => `\`${family}\``).join(', ');
    const everywhere = same.length === Object.keys(families).length;
    return row(`\`${first?.field}\``, everywhere ? 'all' : named, first?.description ?? '');
  });
  return ['| field | families | |', '| --- | --- | --- |', ...rows].join('\n');
}

function mappingPart(type: string, schema: z.ZodType): string {
  const { fields = {}, ...others } = nodeOf(schema, 'input').properties ?? {};
  return `## Sources of type ${type}

| key | type | default | |
| --- | --- | --- | --- |
${[row('`fields.<family>.<field>`', 'list of string', '', fields.description ?? ''), ...rowsOf({ properties: others })].join('\n')}

### Fields

${fieldTable(fields)}
`;
}

const coded = (words: readonly string[] | undefined): string =>
  (words ?? []).map((word) => `\`${word}\``).join(', ') || '-';

/** How the built-in mapping of ExtremeCloud IQ classifies, from the tables by which it does. */
function classificationPart(): string {
  const rows = Object.entries(mappings).flatMap(([family, { classifications }]) => {
    const types = Object.entries(messageTypes).flatMap(([type, of]) => (of === family ? [type] : []));
    return classifications.map(({ when, as: { action, category, type, outcome } }) =>
      row(coded(types), when, coded([action]), coded(category), coded(type), outcome ?? '-'),
    );
  });
  const wordsFor = (outcome: string): string =>
    coded([...outcomeWords].flatMap(([word, of]) => (of === outcome ? [word] : [])));
  return `## Built-in classification

The first row of a message type that matches is used; codes of the mapping file come before. \`-\`: the field is absent. A word
matches in any case, and blank, \`_\` and \`-\` are equal. \`xiq-<category>-<code>\` has \`audit\` in place of a category that was
sent as a number. The mapping does not read an outcome from a description.

| message type | code or word | \`event.action\` | \`event.category\` | \`event.type\` | \`event.outcome\` |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

The outcome of a GDPR, e-mail or SMS event is by its \`status\`: success for ${wordsFor('success')}; failure for
${wordsFor('failure')}; unknown for any other status. Without a status it is absent.
`;
}

export async function renderMapping(): Promise<string> {
  const parts = registry.sources.flatMap(({ type, mappingSchema }) =>
    mappingSchema === undefined ? [] : mappingPart(type, mappingSchema),
  );
  return `<!-- Generated by apps/receiver/scripts/generate-reference.ts: do not edit. -->

# Mapping file

The file that \`mapping\` in the [configuration](configuration.md) names. \`xiq-siem validate\` checks it. The guide
[mapping.md](../guides/mapping.md) shows how to find what to add, and how to try it.

\`\`\`yaml
${await exampleText('mapping.yaml')}\`\`\`

${parts.join('\n')}
${classificationPart()}`;
}

export async function renderReference(): Promise<string> {
  const destinations = await Promise.all(Object.values(registry.destinations).map((load) => load()));
  return `<!-- Generated by apps/receiver/scripts/generate-reference.ts: do not edit. -->

# Configuration

A YAML file that \`--config FILE\` or \`XIQ_SIEM_CONFIG\` names. Relative paths are relative to the file. Sizes are integers, in
bytes. An unknown key is a fault; \`xiq-siem validate\` prints every fault with its line and column.

## Example

This is [connector.yaml](../examples/connector.yaml), with every key. Copy the parts that you need: a key without the
comment "required" is optional.

\`\`\`yaml
${await exampleText('connector.yaml')}\`\`\`

## Top level

${table(configurationSchema, ['sources', 'destinations'])}

## sources.\\<name\\>

Every source:

${table(commonSourceSchema)}
${registry.sources.map(({ type, configSchema }) => `\n### type: ${type}\n\n${table(configSchema)}\n`).join('')}
## destinations.\\<name\\>

Every destination:

${table(commonDestinationSchema)}
${destinations.map(({ type, configSchema }) => `\n### type: ${type}\n\n${table(configSchema)}\n`).join('')}`;
}
