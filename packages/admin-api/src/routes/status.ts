// `status`: what came, what became of it, what is stuck, and whether anything is lost.
import { z } from 'zod';
import { change, read } from '../route.ts';
import { assurance, count, name, nothing, snapshot, time } from './common.ts';

const rate = z.number().min(0).nullable().describe('Null where it is not known yet.');

const destination = z.strictObject({
  name,
  type: z.string(),
  assurance: assurance.optional().describe('What a delivered is worth; absent where no configuration says it.'),
  state: z.enum(['running', 'backing_off', 'paused', 'stopping', 'stopped', 'unknown']),
  reason: z.string().optional().describe('Why it backs off or pauses.'),
  since: time.optional(),
  waitUntil: time.optional(),
  blocked: z.strictObject({ events: count, code: z.string(), message: z.string().optional() }).optional(),
  lastFailure: z.strictObject({ code: z.string(), message: z.string().optional(), at: time }).optional(),
  lastDelivered: time.optional(),
  lag: z.strictObject({
    bodies: count,
    bytes: count,
    seconds: z.number().min(0).describe('Age of the first body that is not wholly settled.'),
    eventsInFlight: count,
    hoursUntilFull: z.number().min(0).nullable().describe('At the pace of today, should it take nothing more.'),
  }),
  eventsPerSecond: rate,
  counters: z.strictObject({
    normalized: count,
    delivered: count.describe('Degraded and duplicate are part of it.'),
    degraded: count,
    duplicate: count,
    deadLettered: count,
    filtered: count,
    damaged: count,
    inFlight: count,
    unaccounted: z.int().describe('0: the sum holds. Else: events of which nobody knows what became of them.'),
  }),
  deadLetters: z.strictObject({
    open: count,
    delivered: count,
    dropped: count,
    lost: count.describe('With a damaged or missing state file, acknowledged.'),
    unaccounted: z.int(),
  }),
  possibleDuplicates: count,
  pluginFaults: count,
});
export type DestinationState = z.infer<typeof destination>;

const gap = z.strictObject({
  id: z.string().describe('To acknowledge it by.'),
  destination: name,
  fromSequence: count,
  toSequence: count,
  bodies: count,
  bytes: count,
  at: time,
});
export type Gap = z.infer<typeof gap>;

const lost = z.strictObject({
  fromSequence: count,
  toSequence: count,
  bodies: count.optional().describe('Absent where it is not known.'),
  bytes: count,
  reason: z.enum(['damaged', 'missing', 'evicted']),
  where: z.string(),
});

const incident = z.strictObject({
  id: z.string().describe('What `acknowledge` takes.'),
  at: time,
  kind: z
    .enum(['damaged', 'missing', 'migrated', 'outdated'])
    .describe(
      '`damaged`: set aside, or rows of it not as they were written; `missing`: it was not there; `migrated`: files of the ' +
        'format before could not all be read; `outdated`: dead letters that the positions count are not in it.',
    ),
  reason: z.string(),
  file: z.string().optional().describe('What was set aside, within the data directory.'),
  recovered: count.describe('Dead letters and other documents that could be read.'),
  lost: count.optional().describe('Dead letters, or files, that could not be read; absent where nobody knows.'),
});
export type Incident = z.infer<typeof incident>;

const subscription = z.strictObject({
  messageType: z.string(),
  state: z.enum(['ok', 'missing', 'disabled', 'changed', 'foreign', 'unknown']),
  message: z.string().optional(),
  fixed: z
    .strictObject({ was: z.enum(['missing', 'disabled', 'changed']), at: time })
    .optional()
    .describe('What the last look found, and mended.'),
});
export type SubscriptionState = z.infer<typeof subscription>;

const source = z.strictObject({
  name,
  lastReceived: time.optional(),
  api: z
    .strictObject({
      checked: time.optional().describe('When its subscriptions were last looked at.'),
      failure: z.string().optional().describe('Why they could not be looked at.'),
      rotating: z
        .boolean()
        .optional()
        .describe('A rotation of the secret was begun and is not done: nothing is mended until then.'),
      subscriptions: z.array(subscription),
      publicUrl: z.array(
        z.strictObject({ what: z.string(), result: z.enum(['ok', 'failed', 'unverifiable']), message: z.string() }),
      ),
      requestsPerHour: count,
      requestsRemaining: count,
    })
    .optional()
    .describe('Where its API is configured.'),
});
export type SourceState = z.infer<typeof source>;

const status = z.strictObject({
  snapshot,
  at: time,
  version: z.string(),
  instanceId: z.string(),
  started: time.optional(),
  accepting: z.strictObject({ ok: z.boolean(), reasons: z.array(z.string()) }).optional(),
  journal: z.strictObject({
    firstSequence: count,
    nextSequence: count,
    bodies: count,
    bytes: count,
    maxBytes: count.optional(),
    freeBytes: count.optional().describe('Of its disk.'),
    bodiesPerSecond: rate,
    bytesPerHour: rate,
    lost: z.array(lost).describe('Bodies that were kept once and cannot be read any more.'),
  }),
  sources: z.array(source).optional().describe('Where the connector runs.'),
  destinations: z.array(destination),
  notConfigured: z.array(name).describe('Destinations that were taken out and still hold bodies: forget them.'),
  gaps: z.array(gap).describe('Bodies let go by a full journal though a destination wanted them, not acknowledged.'),
  incidents: z.array(incident).describe('What went wrong with the state file itself, not acknowledged.'),
  deadLetters: z.strictObject({ open: count, bytes: count, maxBytes: count.optional() }),
  jobsRunning: count,
  reconciled: z.boolean().describe('True where every sum holds.'),
});
export type Status = z.infer<typeof status>;

export const statusRoutes = {
  status: read('/api/v1/status', {
    summary: 'What each destination is doing, what it lags by, and whether the sums hold',
    input: nothing,
    response: status,
    snapshot: true,
  }),
  acknowledgeGap: change('/api/v1/gaps/acknowledge', {
    summary: 'Acknowledge a gap, or an incident of the state file: it is not shown any more',
    input: z.strictObject({ gap: z.string().min(1).max(200) }),
    response: z.strictObject({ acknowledged: z.string() }),
  }),
};
