// Calls that check or change the connector itself.
import { z } from 'zod';
import { change, changeAndWatch, read } from '../route.ts';
import { name, nothing, snapshot } from './common.ts';

const reloaded = z.strictObject({
  changed: z.array(z.string()).describe('What is in effect now: `destinations.archive added`.'),
  needsRestart: z.array(z.string()).describe('Fields that differ and were left as they were.'),
  mappingVersion: z.string(),
});
export type Reloaded = z.infer<typeof reloaded>;

const doctorLine = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('kept'), receipt: z.string(), eventId: z.string() }),
  z.strictObject({
    kind: z.literal('destination'),
    name,
    type: z.string(),
    result: z
      .enum(['found', 'delivered', 'filtered', 'not_found', 'dead_lettered', 'stuck', 'failed'])
      .describe('`delivered`: as far as can be known, since that destination cannot be searched.'),
    ok: z.boolean(),
    message: z.string().describe('What happened, and what to do.'),
    seconds: z.number().min(0),
  }),
  z.strictObject({ kind: z.literal('end'), ok: z.boolean() }),
]);
export type DoctorLine = z.infer<typeof doctorLine>;

export const connectorRoutes = {
  check: read('/api/v1/check', {
    summary: 'Ask each destination whether it would take events',
    input: nothing,
    response: z.strictObject({
      snapshot,
      destinations: z.array(z.strictObject({ name, type: z.string(), ok: z.boolean(), message: z.string() })),
    }),
    snapshot: true,
  }),
  doctor: changeAndWatch('/api/v1/doctor', {
    summary: 'Send one marked event through everything, and look for it at each destination',
    input: z.strictObject({ seconds: z.int().min(1).max(600).default(30).describe('Longest wait for a destination.') }),
    response: doctorLine,
  }),
  reload: change('/api/v1/reload', {
    summary: 'Read the configuration again, and put into effect what can change',
    input: nothing,
    response: reloaded,
  }),
  checkSubscriptions: change('/api/v1/subscriptions/look', {
    summary: 'Look at the subscriptions at ExtremeCloud IQ now, as every few minutes: mended where that is configured',
    input: z.strictObject({ source: name.optional().describe('All that have some, where none is named.') }),
    response: z.strictObject({ checked: z.array(name).describe('Sources.') }),
  }),
  forgetDestination: change('/api/v1/destinations/{name}/forget', {
    summary: 'End a destination that was taken out of the configuration',
    input: z.strictObject({ name }),
    response: z.strictObject({ forgotten: name }),
  }),
  resumeDestination: change('/api/v1/destinations/{name}/resume', {
    summary: 'Try a destination now, whatever it waits for',
    input: z.strictObject({ name }),
    response: z.strictObject({ resumed: name }),
  }),
};
