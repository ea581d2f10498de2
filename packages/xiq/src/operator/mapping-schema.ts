// What a mapping file of the operator's may hold.
import { z } from 'zod';
import type { Places } from '../document/places.ts';
import { statusWord } from '../mappings/credentials.ts';
import type { Additions } from '../mappings/table.ts';
import { fieldNamesSchema } from './field-names.ts';

type Category = Places['event.category'][number];
export type EventType = Places['event.type'][number];

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

/** A record's own keys, by its type. */
const keysOf = <K extends string>(record: Readonly<Record<K, unknown>>): K[] =>
  Object.keys(record).filter((key): key is K => Object.hasOwn(record, key));

export const categories = keysOf(expectedTypes);

/** `device` is expected of no category. */
export const eventTypes = [
  ...new Set<EventType>([...categories.flatMap((name) => expectedTypes[name]), 'device']),
].sort();

const maxCodes = 1_000;
const maxMessageCharacters = 100;

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
      .describe('`event.category`, as ECS has them. Left out where none fits.'),
    type: z
      .array(z.enum(eventTypes))
      .min(1)
      .refine(once, 'each type once')
      .describe('`event.type`: each one that ECS expects of one of the categories.'),
    outcome: outcome.optional().describe('`event.outcome`, where the code itself tells it.'),
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
      const message = `ECS does not expect ${name} of ${category.join(', ')}: expected are ${[...expected].join(', ')}`;
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
  .refine(
    (message) => Object.keys(message).length <= maxMessageCharacters,
    `at most ${maxMessageCharacters} status words`,
  )
  .superRefine((message, context) => {
    const taken = new Map<string, string>();
    for (const word of Object.keys(message)) {
      const other = taken.get(statusWord(word));
      if (other === undefined) taken.set(statusWord(word), word);
      else context.addIssue({ code: 'custom', path: [word], message: `the same word as ${JSON.stringify(other)}` });
    }
  });

export const mappingSchema = z.strictObject({
  fields: fieldNamesSchema
    .default({})
    .describe(
      'Further names of fields, by message family. A field that is sent under a name of ours wins; an event keeps its id whatever stands here.',
    ),
  auditCodes: auditCodes
    .default({})
    .describe(
      `What audit codes mean: \`action\`, \`type\` and, where wanted, \`category\`, \`outcome\`, \`level\`. They win over ours. At most ${maxCodes}.`,
    ),
  statusWords: statusWords
    .default({})
    .describe(
      `The outcome (\`success\`, \`failure\`, \`unknown\`) that a status of an SMS or e-mail means, in any case. They win over ours. At most ${maxMessageCharacters}.`,
    ),
});

export type OperatorRules = z.output<typeof mappingSchema>;

/** What the rules add to our mappings, made ready once for each source. */
export function additionsOf({ fields, auditCodes, statusWords }: OperatorRules): Additions {
  return {
    names: fields,
    meanings: {
      auditCodes: new Map(Object.entries(auditCodes)),
      statusWords: new Map(Object.entries(statusWords).map(([word, outcome]) => [statusWord(word), outcome])),
    },
  };
}
