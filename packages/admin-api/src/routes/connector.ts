// Routes that check or change the connector and its destinations.
import { z } from 'zod';
import { change, changeAndWatch, read } from '../route.ts';
import { name, nothing, snapshot } from './common.ts';

const reloaded = z.strictObject({
  changed: z.array(z.string()).describe('Applied changes: `destinations.archive added`.'),
  needsRestart: z.array(z.string()).describe('Changed fields that were not applied.'),
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
      .describe('`delivered`: the destination cannot be searched.'),
    ok: z.boolean(),
    message: z.string().describe('What happened, and what to do.'),
    seconds: z.number().min(0),
  }),
  z.strictObject({ kind: z.literal('end'), ok: z.boolean() }),
]);
export type DoctorLine = z.infer<typeof doctorLine>;

export const connectorRoutes = {
  check: read('/api/v1/check', {
    summary: 'Check that each destination accepts events',
    input: nothing,
    response: z.strictObject({
      snapshot,
      destinations: z.array(
        z.strictObject({
          name,
          type: z.string(),
          ok: z.boolean(),
          warning: z.literal(true).optional().describe('Something is wrong that does not stop events.'),
          message: z.string(),
        }),
      ),
    }),
    snapshot: true,
  }),
  doctor: changeAndWatch('/api/v1/doctor', {
    summary: 'Send a test event through the connector, and search for it at each destination',
    input: z.strictObject({ seconds: z.int().min(1).max(600).default(30).describe('Longest wait for a destination.') }),
    response: doctorLine,
  }),
  reload: change('/api/v1/reload', {
    summary: 'Read the configuration again and apply it',
    input: nothing,
    response: reloaded,
  }),
  checkSubscriptions: change('/api/v1/subscriptions/check', {
    formerPath: '/api/v1/subscriptions/look',
    summary: 'Check the subscriptions at ExtremeCloud IQ now, and fix them if that is configured',
    input: z.strictObject({ source: name.optional().describe('Default: all sources with subscriptions.') }),
    response: z.strictObject({ checked: z.array(name).describe('Names of the sources.') }),
  }),
  forgetDestination: change('/api/v1/destinations/{name}/forget', {
    summary: 'Remove a destination that is not in the configuration',
    input: z.strictObject({ name, dryRun: z.boolean().default(false) }),
    response: z.strictObject({
      forgotten: name,
      requests: z.int().min(0).describe('Requests that the destination had not settled and does not receive any more.'),
    }),
  }),
  resumeDestination: change('/api/v1/destinations/{name}/resume', {
    summary: 'Retry a destination now',
    input: z.strictObject({ name }),
    response: z.strictObject({ resumed: name }),
  }),
};
