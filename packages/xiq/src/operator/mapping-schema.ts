// The schema of the operator's mapping file.
import { z } from 'zod';
import type { TargetFields } from '../document/target-fields.ts';
import type { Additions } from '../mappings/table.ts';
import { statusWord } from '../mappings/words.ts';
import { type MappedFamily, perFamily } from '../message-types.ts';
import { fieldNamesSchema } from './field-names.ts';

type Category = TargetFields['event.category'][number];
export type EventType = TargetFields['event.type'][number];

/** The event types that ECS expects of each category. */
export const expectedTypes: Readonly<Record<Category, readonly EventType[]>> = {
  api: ['access', 'admin', 'allowed', 'change', 'creation', 'deletion', 'denied', 'end', 'info', 'start', 'user'],
  authentication: ['start', 'end', 'info'],
  configuration: ['access', 'change', 'creation', 'deletion', 'info'],
  database: ['access', 'change', 'info', 'error'],
  driver: ['change', 'end', 'info', 'start'],
  email: ['info'],
  file: ['access', 'change', 'creation', 'deletion', 'info'],
  host: ['access', 'change', 'end', 'info', 'start'],
  iam: ['admin', 'change', 'creation', 'deletion', 'group', 'info', 'user'],
  intrusion_detection: ['allowed', 'denied', 'info'],
  library: ['start'],
  malware: ['info'],
  network: ['access', 'allowed', 'connection', 'denied', 'end', 'info', 'protocol', 'start'],
  package: ['access', 'change', 'deletion', 'info', 'installation', 'start'],
  process: ['access', 'change', 'end', 'info', 'start'],
  registry: ['access', 'change', 'creation', 'deletion'],
  session: ['start', 'end', 'info'],
  threat: ['indicator'],
  vulnerability: ['info'],
  web: ['access', 'error', 'info'],
};

/** The keys of a record with their type. */
const keysOf = <K extends string>(record: Readonly<Record<K, unknown>>): K[] =>
  Object.keys(record).filter((key): key is K => Object.hasOwn(record, key));

export const categories = keysOf(expectedTypes);

/** ECS expects `device` for no category. */
export const eventTypes = [
  ...new Set<EventType>([...categories.flatMap((name) => expectedTypes[name]), 'device']),
].sort();

const maxCodes = 1_000;
const maxStatusWords = 100;

const once = (values: readonly string[]): boolean => new Set(values).size === values.length;

const outcome = z.enum(['success', 'failure', 'unknown']);

const classification = z
  .strictObject({
    action: z
      .string()
      .max(64)
      .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'lower-case words with hyphens between them, such as ssid-changed')
      .describe('`event.action`: lower-case words with hyphens between them, at most 64 characters.'),
    category: z
      .array(z.enum(categories))
      .min(1)
      .refine(once, 'each category once')
      .optional()
      .describe('`event.category` of ECS. Omit it if none fits.'),
    type: z
      .array(z.enum(eventTypes))
      .min(1)
      .refine(once, 'each type once')
      .describe('`event.type`: types that ECS expects for one of the categories.'),
    outcome: outcome.optional().describe('`event.outcome`, if the code or word implies it.'),
    level: z
      .enum(['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'])
      .default('info')
      .describe('`log.level`.'),
  })
  .superRefine(({ category = [], type }, context) => {
    if (category.length === 0) return;
    const expected: ReadonlySet<string> = new Set(category.flatMap((name) => expectedTypes[name]));
    for (const [index, name] of type.entries()) {
      if (expected.has(name)) continue;
      const message = `ECS does not expect ${name} for ${category.join(', ')}: expected one of ${[...expected].join(', ')}`;
      context.addIssue({ code: 'custom', path: ['type', index], message });
    }
  });

const auditCodes = z
  .record(z.string().regex(/^\d{1,9}$/, 'an audit code: 1 to 9 digits'), classification)
  .refine((codes) => Object.keys(codes).length <= maxCodes, `at most ${maxCodes} audit codes`);

const word = z
  .string()
  .max(64)
  .regex(/^(?=.*[^\s_-])\P{Cc}*$/u, 'a code or word as the sender writes it, at most 64 characters');

/** Limits a record by word. Two spellings of one word are a fault. */
const limited =
  (max: number, what: string) =>
  (words: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void => {
    const all = Object.keys(words);
    if (all.length > max) context.addIssue({ code: 'custom', message: `at most ${max} ${what}` });
    const known = new Map<string, string>();
    for (const one of all) {
      const other = known.get(statusWord(one));
      if (other === undefined) known.set(statusWord(one), one);
      else context.addIssue({ code: 'custom', path: [one], message: `the same word as ${JSON.stringify(other)}` });
    }
  };

const codesOf = (family: MappedFamily, field: string) =>
  z
    .record(word, classification)
    .superRefine(limited(maxCodes, 'codes'))
    .optional()
    .describe(`Classification of an event of \`extreme_xiq.${family}\` by ${field}. At most ${maxCodes}.`);

/** By the families that classify by a code or word. */
const codes = z.strictObject({
  audit: codesOf('audit', 'its code'),
  gdpr: codesOf('gdpr', 'its category, or its code; its status, if it has one, decides the outcome'),
  credential: codesOf('credential', 'its action'),
  accounting: codesOf('accounting', 'its status type'),
  auth: codesOf('auth', 'its reply, or its status'),
  email: codesOf('email', 'its status'),
  sms: codesOf('sms', 'its status'),
  alert: codesOf('alert', 'the name or id of its rule, or its category'),
});

export const mappingSchema = z
  .strictObject({
    fields: fieldNamesSchema
      .default({})
      .describe(
        'Additional names of fields, by message family. Case, `_` and `-` do not matter in names. A field with a built-in name takes precedence. Event ids do not depend on it.',
      ),
    codes: codes
      .default({})
      .describe(
        'Classification by the code or word of an event, by message family. Case does not matter, and blank, `_` and `-` are equal. Overrides the built-in one.',
      ),
    auditCodes: auditCodes
      .default({})
      .describe(`Another spelling of \`codes.audit\`, of the first version of this file. At most ${maxCodes}.`),
    statusWords: z
      .record(word, outcome)
      .superRefine(limited(maxStatusWords, 'status words'))
      .default({})
      .describe(
        `Outcome (\`success\`, \`failure\`, \`unknown\`) of GDPR, authentication, e-mail and SMS events by their status or reply; words as in \`codes\`. Overrides the built-in one. At most ${maxStatusWords}.`,
      ),
  })
  .superRefine(({ codes, auditCodes }, context) => {
    for (const code of Object.keys(auditCodes)) {
      if (codes.audit?.[code] === undefined) continue;
      context.addIssue({ code: 'custom', path: ['auditCodes', code], message: 'also in codes.audit: remove one' });
    }
  });

export type OperatorRules = z.output<typeof mappingSchema>;

type Codes = Readonly<Record<string, z.output<typeof classification>>>;

const wordMap = <T>(values: Readonly<Record<string, T>> = {}): ReadonlyMap<string, T> =>
  new Map(Object.entries(values).map(([word, value]) => [statusWord(word), value]));

/** The rules as additions to the built-in mappings. */
export function additionsOf({ fields, codes, auditCodes, statusWords }: OperatorRules): Additions {
  const all: { readonly [Family in MappedFamily]?: Codes | undefined } = {
    ...codes,
    audit: { ...codes.audit, ...auditCodes },
  };
  return {
    names: fields,
    codes: perFamily((family) => wordMap(all[family])),
    statusWords: wordMap(statusWords),
  };
}
