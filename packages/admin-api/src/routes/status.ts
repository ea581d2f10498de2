// Routes for the status of the connector, and for the acknowledgement of losses.
import { z } from 'zod';
import { problemCodes } from '../problem-table.ts';
import { change, read } from '../route.ts';
import { assurance, count, name, nothing, snapshot, time } from './common.ts';

const rate = z.number().min(0).nullable().describe('Null if it is not known yet.');

const destination = z.strictObject({
  name,
  type: z.string(),
  assurance: assurance.optional().describe('What `delivered` guarantees; absent without a configuration.'),
  state: z
    .enum(['running', 'backing_off', 'paused', 'stopping', 'stopped', 'not_started', 'unknown'])
    .describe('`not_started`: configured, but it has no position yet; `unknown`: the connector is stopped.'),
  reason: z.string().optional().describe('Why it backs off or is paused.'),
  proven: z
    .boolean()
    .optional()
    .describe(
      'It has taken an event under its present settings. Until then refused events are kept and sent again, and no dead letters.',
    ),
  since: time.optional(),
  waitUntil: time.optional(),
  blocked: z.strictObject({ events: count, code: z.string(), message: z.string().optional() }).optional(),
  parked: z
    .strictObject({
      events: count,
      code: z.string().optional().describe('Of the event that was sent last.'),
      message: z.string().optional(),
      retry: time.optional().describe('When they are sent again.'),
    })
    .optional()
    .describe('Parked events: blocked, or retried while others were delivered; stored and retried from there.'),
  parkingRefused: z
    .literal(true)
    .optional()
    .describe('The dead-letter queue has no capacity for parked events: they stay in the journal.'),
  lastFailure: z.strictObject({ code: z.string(), message: z.string().optional(), at: time }).optional(),
  lastDelivered: time.optional(),
  lag: z.strictObject({
    bodies: count,
    bytes: count,
    seconds: z.number().min(0).describe('Age of the oldest body that is not settled.'),
    eventsInFlight: count,
    hoursUntilFull: z.number().min(0).nullable().describe('At the current rate, if the destination stays down.'),
  }),
  eventsPerSecond: rate,
  counters: z.strictObject({
    normalized: count,
    delivered: count.describe('Includes degraded and duplicate.'),
    degraded: count,
    duplicate: count,
    deadLettered: count.describe('Stored as dead letters or parked, whatever happened to them later.'),
    filtered: count,
    damaged: count.describe('Requests that cannot be read or normalized, or that were evicted.'),
    inFlight: count,
    unaccounted: z.int().describe('Events unaccounted for; 0: the counters reconcile.'),
  }),
  deadLetters: z.strictObject({
    open: count.describe('Without parked events.'),
    delivered: count,
    dropped: count,
    lost: count.describe('Lost with the state file, and acknowledged.'),
    unaccounted: z.int(),
  }),
  possibleDuplicates: count.describe(
    'Copies that the server may have beyond the delivered one: attempts with an unknown result since the start, also of ' +
      'events that are still sent. Not counted if the server has the event as a duplicate.',
  ),
  degraded: z
    .strictObject({ events: count, code: z.string(), advice: z.string().optional() })
    .optional()
    .describe('Events that the server stored in part or in another place, since the start; the code of the last one.'),
  pluginFaults: count,
  matchesNothing: z.string().optional().describe('Why its `where` can match no event; absent if it can.'),
});
export type DestinationState = z.infer<typeof destination>;

const gap = z.strictObject({
  id: z.string().describe('For `acknowledge`.'),
  destination: name,
  fromSequence: count,
  toSequence: count,
  bodies: count,
  bytes: count,
  at: time,
  receivedFrom: time.optional().describe('When the first of these requests was received; absent if unknown.'),
  receivedTo: time.optional(),
  reason: z
    .enum(['damaged', 'missing'])
    .optional()
    .describe('Found lost at a start. Absent: evicted from the full journal.'),
});
export type Gap = z.infer<typeof gap>;

const lost = z.strictObject({
  fromSequence: count,
  toSequence: count,
  bodies: count.optional().describe('Absent if it is not known.'),
  bytes: count,
  reason: z.enum(['damaged', 'missing', 'evicted']),
  where: z.string(),
});

const incident = z.strictObject({
  id: z.string().describe('For `acknowledge`.'),
  at: time,
  kind: z
    .enum(['damaged', 'missing', 'migrated', 'outdated', 'journal', 'position'])
    .describe(
      'Of the state file: `damaged`: moved to quarantine, or with damaged rows; `missing`: there was no file; `migrated`: ' +
        'not all files of the former format could be read; `outdated`: it lacks dead letters that the positions count. ' +
        'Of other files: `journal`: files of the journal are missing or older; `position`: the position of a destination ' +
        'is missing or damaged.',
    ),
  reason: z.string(),
  file: z.string().optional().describe('The moved file, relative to the data directory.'),
  recovered: count.describe('Dead letters and other records that could be read.'),
  lost: count.optional().describe('Dead letters, requests or files that are lost; absent if it is not known.'),
});
export type Incident = z.infer<typeof incident>;

const subscription = z.strictObject({
  messageType: z.string(),
  state: z.enum(['ok', 'missing', 'disabled', 'changed', 'foreign', 'unknown']),
  message: z.string().optional(),
  fixed: z
    .strictObject({ was: z.enum(['missing', 'disabled', 'changed']), at: time })
    .optional()
    .describe('What the last check fixed.'),
});
export type SubscriptionState = z.infer<typeof subscription>;

const refusalCounts = {
  code: z.string().describe('As in the response to the sender.'),
  total: count.describe('Since the start of the connector.'),
  lastHour: count,
  last: time,
} as const;

const refusal = z.strictObject({ status: z.int(), ...refusalCounts });

const unknownPath = z.strictObject({ path: z.string().describe('Without query, cut.'), ...refusalCounts });

const source = z.strictObject({
  name,
  lastReceived: time.optional().describe('Last webhook with a 202 response that is known.'),
  silentAfterSeconds: count.optional().describe('It is silent when it has sent nothing for this time; absent: never.'),
  repeatedContent: count
    .optional()
    .describe(
      'Events since the start with the content, and so the `event.id`, of an earlier one in a different request.',
    ),
  refused: z.array(refusal).optional().describe('Refused requests, by HTTP status: their events are not sent again.'),
  notRouted: z.boolean().optional().describe('No destination accepts its events, except unknown and unreadable ones.'),
  datasetsNotRouted: z
    .array(z.string())
    .optional()
    .describe('Of its datasets, those that no destination accepts; absent with `notRouted`.'),
  api: z
    .strictObject({
      checked: time.optional().describe('Time of the last check of its subscriptions.'),
      failure: z.string().optional().describe('Why the check failed.'),
      rotating: z
        .boolean()
        .optional()
        .describe('A rotation of the secret is not complete; nothing is fixed until then.'),
      subscriptions: z.array(subscription),
      publicUrl: z.array(
        z.strictObject({ what: z.string(), result: z.enum(['ok', 'failed', 'unverifiable']), message: z.string() }),
      ),
      requestsPerHour: count,
      requestsRemaining: count,
    })
    .optional()
    .describe('Only with a configured API.'),
});
export type SourceState = z.infer<typeof source>;

const problem = z.strictObject({
  code: z.enum(problemCodes),
  severity: z.enum(['critical', 'error', 'warning', 'notice']),
  subject: z.strictObject({
    kind: z.enum(['destination', 'source', 'journal', 'state', 'connector']),
    name: name.optional(),
  }),
  summary: z.string().describe('For the first line of `status`.'),
  text: z.string().describe('With the reason.'),
  next: z.string().describe('What to do. Commands are in backticks.'),
});
export type Problem = z.infer<typeof problem>;

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
    freeBytes: count.optional().describe('Free bytes of its disk.'),
    bodiesPerSecond: rate,
    bytesPerHour: rate,
    lost: z.array(lost).describe('Stored bodies that cannot be read.'),
  }),
  problems: z.array(problem).describe('Worst first. `status` exits 1 if one is not a `notice`.'),
  sources: z.array(source).optional(),
  unknownPaths: z
    .array(unknownPath)
    .optional()
    .describe('POST requests with JSON to paths that are no webhook path: a sender may have a wrong URL.'),
  destinations: z.array(destination),
  notConfigured: z
    .array(
      z.strictObject({ name, bodies: count.describe('That it has not settled: `destination forget` discards them.') }),
    )
    .describe('Destinations that are not configured and still have a position.'),
  gaps: z
    .array(gap)
    .describe('Retention gaps: bodies evicted or found lost before a destination had them; not acknowledged.'),
  incidents: z.array(incident).describe('Incidents of the data directory, not acknowledged.'),
  clockStep: z
    .strictObject({ seconds: z.int(), at: time })
    .optional()
    .describe('The clock was set forward, or back if negative, and still differs: nothing is deleted by age.'),
  deadLetters: z.strictObject({ open: count, bytes: count, maxBytes: count.optional() }),
  stateFault: z
    .string()
    .optional()
    .describe(
      'Why the state file cannot be read. Dead letters, incidents and jobs are then unknown, and their counts 0.',
    ),
  jobsRunning: count,
  reconciled: z.boolean().describe('True if all counters reconcile.'),
});
export type Status = z.infer<typeof status>;

export const statusRoutes = {
  status: read('/api/v1/status', {
    summary: 'State and lag of each destination, and whether the counters reconcile',
    input: nothing,
    response: status,
    snapshot: true,
  }),
  acknowledgeGap: change('/api/v1/gaps/acknowledge', {
    summary: 'Acknowledge a retention gap or an incident: it is no longer shown',
    input: z.strictObject({ gap: z.string().min(1).max(200) }),
    response: z.strictObject({ acknowledged: z.string() }),
  }),
};
