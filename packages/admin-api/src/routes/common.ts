// What many answers are made of.
import { exitCodes } from '@xiq-siem/core';
import { z } from 'zod';

/** What a delivered is worth. */
export const assurance = z.enum(['indexed', 'stored', 'accepted']);
/** ISO 8601, UTC. */
export const time = z.iso.datetime({ offset: true });
export const count = z.int().min(0);
export const name = z.string().min(1).max(64);
export const nothing = z.strictObject({});

/** Numbers in a query are text. */
export const queryCount = z.coerce.number().pipe(count);
/** Lists in a query are text. */
export const queryList = z.string().max(1024).optional().describe('Comma-separated.');
/** `where`, as a query has it. */
export const queryWhere = { datasets: queryList, sources: queryList, actions: queryList } as const;

/** True where the answer was read from the files of a connector that does not run. */
export const snapshot = z.boolean().describe('Read from the files of a stopped connector.');

/** Which events are meant; every condition that is set has to hold. */
export const where = z.strictObject({
  datasets: z.array(z.string().min(1).max(128)).min(1).max(64).optional().describe('Data sets, `event.dataset`.'),
  sources: z.array(name).min(1).max(64).optional().describe('Sources, by their name in the configuration.'),
  actions: z.array(z.string().min(1).max(256)).min(1).max(64).optional().describe('Actions, `event.action`.'),
});
export type Where = z.infer<typeof where>;

/** Work that takes long says so now and then. */
export const progress = z.strictObject({
  kind: z.literal('progress'),
  done: count.describe('Bodies looked at.'),
  total: count.describe('Bodies to be looked at.'),
});

/** The span that bodies were received in: `from` inclusive, `to` exclusive. */
export const spanShape = { from: time.optional(), to: time.optional() } as const;

/** Every answer that is no success. */
export const refusal = z.strictObject({
  error: z.string(),
  message: z.string(),
  exitCode: z
    .literal(Object.values(exitCodes))
    .optional()
    .describe('Of a command that ends with it. Only beside an error that a package or a plugin declares for itself.'),
});
