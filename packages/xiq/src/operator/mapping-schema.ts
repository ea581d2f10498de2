// The schema of the operator's mapping file.
import { z } from 'zod';
import type { TargetFields } from '../document/target-fields.ts';
import { statusWord } from '../mappings/credentials.ts';
import type { Additions } from '../mappings/table.ts';
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

const auditCode = z
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
    outcome: outcome.optional().describe('`event.outcome`, if the code implies it.'),
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
  .record(z.string().regex(/^\d{1,9}$/, 'an audit code: 1 to 9 digits'), auditCode)
  .refine((codes) => Object.keys(codes).length <= maxCodes, `at most ${maxCodes} audit codes`);

const statusWords = z
  .record(
    z
      .string()
      .max(64)
      .regex(/^(?=.*\S)\P{Cc}*$/u, 'the status as the sender writes it, at most 64 characters'),
    outcome,
  )
  .refine((words) => Object.keys(words).length <= maxStatusWords, `at most ${maxStatusWords} status words`)
  .superRefine((words, context) => {
    const known = new Map<string, string>();
    for (const word of Object.keys(words)) {
      const other = known.get(statusWord(word));
      if (other === undefined) known.set(statusWord(word), word);
      else context.addIssue({ code: 'custom', path: [word], message: `the same word as ${JSON.stringify(other)}` });
    }
  });

export const mappingSchema = z.strictObject({
  fields: fieldNamesSchema
    .default({})
    .describe(
      'Additional names of fields, by message family. Case, `_` and `-` do not matter in names. A field with a built-in name takes precedence. Event ids do not depend on it.',
    ),
  auditCodes: auditCodes
    .default({})
    .describe(
      `Classification of audit codes: \`action\`, \`type\`, and optionally \`category\`, \`outcome\`, \`level\`. Overrides the built-in one. At most ${maxCodes}.`,
    ),
  statusWords: statusWords
    .default({})
    .describe(
      `Outcome (\`success\`, \`failure\`, \`unknown\`) of SMS and e-mails by their status, not case-sensitive. Overrides the built-in one. At most ${maxStatusWords}.`,
    ),
});

export type OperatorRules = z.output<typeof mappingSchema>;

/** The rules as additions to the built-in mappings. */
export function additionsOf({ fields, auditCodes, statusWords }: OperatorRules): Additions {
  return {
    names: fields,
    codes: { audit: new Map(Object.entries(auditCodes)) },
    statusWords: new Map(Object.entries(statusWords).map(([word, outcome]) => [statusWord(word), outcome])),
  };
}
