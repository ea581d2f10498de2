// Schemas that several routes share.
import { exitCodes } from '@xiq-siem/core';
import { z } from 'zod';

/** What `delivered` guarantees at a destination. */
export const assurance = z.enum(['indexed', 'stored', 'accepted']);
/** ISO 8601, UTC. */
export const time = z.iso.datetime({ offset: true });
export const count = z.int().min(0);
export const name = z.string().min(1).max(64);
export const nothing = z.strictObject({});

/** Numbers in a query are text. */
export const queryCount = z.coerce.number().pipe(count);
/** Flags in a query are text. */
export const queryFlag = z
  .union([z.boolean(), z.enum(['true', 'false'])])
  .transform((value) => value === true || value === 'true');
/** Lists in a query are text. */
export const queryList = z.string().max(1024).optional().describe('Comma-separated.');
/** `where` as query parameters. */
export const queryWhere = { datasets: queryList, sources: queryList, actions: queryList } as const;

export const snapshot = z.boolean().describe('Read from the files of a stopped connector.');

/** Selects events; every condition that is set must match. */
export const where = z.strictObject({
  datasets: z.array(z.string().min(1).max(128)).min(1).max(64).optional().describe('Data sets, `event.dataset`.'),
  sources: z.array(name).min(1).max(64).optional().describe('Sources, by their name in the configuration.'),
  actions: z.array(z.string().min(1).max(256)).min(1).max(64).optional().describe('Actions, `event.action`.'),
});
export type Where = z.infer<typeof where>;

/** Sent at intervals during long work. */
export const progress = z.strictObject({
  kind: z.literal('progress'),
  done: count.describe('Bodies scanned.'),
  total: count.describe('Bodies to scan.'),
});

/** Time of receipt: `from` inclusive, `to` exclusive. */
export const spanShape = { from: time.optional(), to: time.optional() } as const;

/** The response of every failure. */
export const errorResponse = z.strictObject({
  error: z.string(),
  message: z.string(),
  exitCode: z
    .literal(Object.values(exitCodes))
    .optional()
    .describe('Exit code of a command that fails with this error. Only for codes that a package or a plugin declares.'),
});
