// What a mapping file of the operator's may hold.
import { z } from 'zod';
import { statusWord } from '../mappings/notice-status.ts';
import { categories, eventTypes, expectedTypes } from './expected-types.ts';
import { fieldNamesSchema } from './field-names.ts';

const maxCodes = 1_000;
const maxWords = 100;

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
  .refine((words) => Object.keys(words).length <= maxWords, `at most ${maxWords} status words`)
  .superRefine((words, context) => {
    const taken = new Map<string, string>();
    for (const word of Object.keys(words)) {
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
      `The outcome (\`success\`, \`failure\`, \`unknown\`) that a status of an SMS or e-mail means, in any case. They win over ours. At most ${maxWords}.`,
    ),
});

export type OperatorRules = z.output<typeof mappingSchema>;
