// The schema of the part of a mapping file that gives fields additional names.
import { z } from 'zod';
import { mappings } from '../mappings/table.ts';
import { perFamily } from '../message-types.ts';
import { plainName } from '../plain-name.ts';
import { type FieldTable, type FurtherNames, namesOf } from '../read/field-table.ts';

const maxNames = 16;
const maxNameLength = 128;

const furtherName = z
  .string()
  .min(1)
  .max(maxNameLength)
  .regex(/^(?=.*[^_-])\P{Cc}*$/u, 'the name of a field, without control characters; case, _ and - do not matter');

const listed = (names: readonly string[]): string => names.join(', ');

/** Rejects every unknown key at its own place in the file, with the list of known keys. */
const none = <T>(what: string, known: readonly string[]) =>
  z.custom<T | undefined>(() => false, `unknown ${what}: expected one of ${listed(known)}`);

/** Faults of names that already belong to another field. */
function nameFaults(table: FieldTable, family: FurtherNames) {
  const owners = new Map(
    Object.entries(table).flatMap(([field, rule]) => namesOf(field, rule).map((name) => [name, field] as const)),
  );
  const claims = new Map<string, string>();
  return Object.entries(family).flatMap(([field, names = []]) =>
    names.flatMap((name, index) => {
      const plain = plainName(name);
      const owner = owners.get(plain) ?? claims.get(plain);
      if (owner !== undefined && owner !== field) {
        const kind = owners.has(plain) ? 'a built-in name' : 'also listed as a name';
        return [{ path: [field, index], message: `${JSON.stringify(name)} is ${kind} of ${owner}` }];
      }
      claims.set(plain, field);
      return [];
    }),
  );
}

function familySchema(family: string, table: FieldTable) {
  const fields = Object.entries(table).map(([name, rule]) => {
    const known = listed([name, ...(rule.also ?? [])].map((one) => `\`${one}\``));
    const names = z
      .array(furtherName)
      .max(maxNames)
      .optional()
      .describe(`Names in addition to ${known}. Read as ${rule.as}.`);
    return [name, names] as const;
  });
  return z
    .object(Object.fromEntries(fields))
    .catchall(none<string[]>(`field of ${family}`, Object.keys(table)))
    .superRefine((names, context) => {
      for (const fault of nameFaults(table, names)) context.addIssue({ code: 'custom', ...fault });
    })
    .optional()
    .describe(`Additional names of the fields of \`extreme_xiq.${family}\`, by field.`);
}

export const fieldNamesSchema = z
  .object(perFamily((family) => familySchema(family, mappings[family].fields)))
  .catchall(none<Record<string, string[] | undefined>>('message family', Object.keys(mappings)));
