// The part of a mapping file that gives fields further names, checked against our own tables.
import { z } from 'zod';
import { mappings } from '../mappings/table.ts';
import { perFamily } from '../message-types.ts';
import { type FieldTable, type FurtherNames, spellings } from '../read/field-table.ts';

const maxNames = 16;
const maxNameLength = 128;

const furtherName = z
  .string()
  .min(1)
  .max(maxNameLength)
  .regex(/^\P{Cc}*$/u, 'the name of a field as the sender writes it, without control characters');

const listed = (names: readonly string[]): string => names.join(', ');

/** Takes nothing, and stands for every other key, so that each is told at its own place in the file what is known. */
const none = <T>(what: string, known: readonly string[]) =>
  z.custom<T | undefined>(() => false, `unknown ${what}: known are ${listed(known)}`);

/** The names that mean a field already, or are claimed by two. */
function nameFaults(table: FieldTable, family: FurtherNames) {
  const owners = new Map(
    Object.entries(table).flatMap(([field, rule]) => spellings(field, rule).map((name) => [name, field] as const)),
  );
  const claims = new Map<string, string>();
  return Object.entries(family).flatMap(([field, names = []]) =>
    names.flatMap((name, index) => {
      const owner = owners.get(name) ?? claims.get(name);
      if (owner !== undefined && owner !== field) {
        const verb = owners.has(name) ? 'means' : 'is claimed by';
        return [{ path: [field, index], message: `${JSON.stringify(name)} already ${verb} ${owner}` }];
      }
      claims.set(name, field);
      return [];
    }),
  );
}

function familySchema(family: string, table: FieldTable) {
  const fields = Object.entries(table).map(([name, rule]) => {
    const known = listed(spellings(name, rule).map((spelling) => `\`${spelling}\``));
    const names = z
      .array(furtherName)
      .max(maxNames)
      .optional()
      .describe(`Names beside ${known}, each as it is written. Read as ${rule.as}.`);
    return [name, names] as const;
  });
  return z
    .object(Object.fromEntries(fields))
    .catchall(none<string[]>(`field of ${family}`, Object.keys(table)))
    .superRefine((names, context) => {
      for (const fault of nameFaults(table, names)) context.addIssue({ code: 'custom', ...fault });
    })
    .optional()
    .describe(`Fields of \`extreme_xiq.${family}\`: further names by the field's own name.`);
}

export const fieldNamesSchema = z
  .object(perFamily((family) => familySchema(family, mappings[family].fields)))
  .catchall(none<Record<string, string[] | undefined>>('message family', Object.keys(mappings)));
