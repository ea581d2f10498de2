// Answers of the calls that look at, or change, the connector itself.
import { exitCodes } from '@xiq-siem/core';
import { z } from 'zod';
import { name, snapshot } from './common.ts';

export const checks = z.strictObject({
  snapshot,
  destinations: z.array(z.strictObject({ name, type: z.string(), ok: z.boolean(), message: z.string() })),
});
export type Checks = z.infer<typeof checks>;

export const reloaded = z.strictObject({
  changed: z.array(z.string()).describe('What is in effect now: `destinations.archive added`.'),
  needsRestart: z.array(z.string()).describe('Fields that differ and were left as they were.'),
  mappingVersion: z.string(),
});
export type Reloaded = z.infer<typeof reloaded>;

export const lookedAt = z.strictObject({ looked: z.array(name).describe('Sources.') });
export const forgotten = z.strictObject({ forgotten: name });
export const resumed = z.strictObject({ resumed: name });
export const acknowledged = z.strictObject({ acknowledged: z.string() });

/** Every answer that is no success. */
export const refusal = z.strictObject({
  error: z.string(),
  message: z.string(),
  exitCode: z
    .literal(Object.values(exitCodes))
    .optional()
    .describe('Of a command that ends with it. Only beside an error that a package or a plugin declares for itself.'),
});
