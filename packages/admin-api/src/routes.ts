// Every route of the admin API.
import { z } from 'zod';
import { count, name, spanShape, time } from './answers/common.ts';
import { completenessLine } from './answers/completeness.ts';
import {
  deadLetterFilterShape,
  deadLetterGroups,
  deadLetterPage,
  deadLetterShown,
  dropped,
} from './answers/dead-letters.ts';
import { backfillRequest, dropRequest, jobSchema, jobs, replayRequest, retryRequest } from './answers/jobs.ts';
import { acknowledged, checks, forgotten, lookedAt, reloaded, resumed } from './answers/operations.ts';
import { status } from './answers/status.ts';
import { backfillLine, doctorLine, previewLine, shapesLine, tailLine } from './answers/streams.ts';
import { trace, traceLine } from './answers/trace.ts';
import { change, changeAndWatch, type Operation, read, watch } from './route.ts';

const nothing = z.strictObject({});
/** Numbers in a query are text. */
const queryCount = z.coerce.number().pipe(count);

export const routes = {
  status: read('/api/v1/status', {
    summary: 'What each destination is doing, what it lags by, and whether the sums hold',
    input: nothing,
    answer: status,
  }),
  acknowledgeGap: change('/api/v1/gaps/acknowledge', {
    summary: 'Acknowledge a gap: it is not shown any more',
    input: z.strictObject({ gap: z.string().min(1).max(200) }),
    answer: acknowledged,
  }),
  traceReceipt: read('/api/v1/trace/receipt/{receipt}', {
    summary: 'The story of a body, by the receipt that its sender was answered',
    input: z.strictObject({ receipt: z.string().min(1).max(64) }),
    answer: trace,
  }),
  traceEvent: watch('/api/v1/trace/event/{eventId}', {
    summary: 'The story of an event, by a scan of what was received in a span',
    input: z.strictObject({ eventId: z.string().min(1).max(128), ...spanShape }),
    answer: traceLine,
  }),
  listDeadLetters: read('/api/v1/dead-letters', {
    summary: 'Dead letters, oldest first, page by page',
    input: z.strictObject({
      ...deadLetterFilterShape,
      after: queryCount.optional(),
      limit: queryCount.pipe(z.number().min(1).max(1000)).optional(),
    }),
    answer: deadLetterPage,
  }),
  groupDeadLetters: read('/api/v1/dead-letters/groups', {
    summary: 'Dead letters, counted by destination, code and data set',
    input: nothing,
    answer: deadLetterGroups,
  }),
  showDeadLetter: read('/api/v1/dead-letters/{number}', {
    summary: 'One dead letter, with its document',
    input: z.strictObject({ number: queryCount }),
    answer: deadLetterShown,
  }),
  dropDeadLetters: change('/api/v1/dead-letters/drop', {
    summary: 'Give up dead letters for good',
    input: dropRequest,
    answer: dropped,
  }),
  retry: change('/api/v1/jobs/retry', {
    summary: 'Send dead letters again: a job, begun or gone on with',
    input: retryRequest,
    answer: jobSchema,
  }),
  replay: change('/api/v1/jobs/replay', {
    summary: 'Send what was received in a span again, by the mapping of today: a job, begun or gone on with',
    input: replayRequest,
    answer: jobSchema,
  }),
  backfill: change('/api/v1/jobs/backfill', {
    summary: 'Fetch what the logs of ExtremeCloud IQ hold of a span and did not come: a job, begun or gone on with',
    input: backfillRequest,
    answer: jobSchema,
  }),
  previewBackfill: watch('/api/v1/backfill/preview', {
    summary: 'What a back-fill would fetch',
    input: z.strictObject({
      source: name.optional(),
      from: time,
      to: time,
      messageTypes: z.string().max(1024).optional().describe('Comma-separated.'),
    }),
    answer: backfillLine,
  }),
  completeness: watch('/api/v1/completeness', {
    summary: 'Per message type and hour: what ExtremeCloud IQ has, what was kept, what each destination confirmed',
    input: z.strictObject({
      source: name.optional(),
      from: time,
      to: time,
      messageTypes: z.string().max(1024).optional().describe('Comma-separated.'),
    }),
    answer: completenessLine,
  }),
  previewReplay: watch('/api/v1/replay/preview', {
    summary: 'What the mapping file as it stands now would change in what was received in a span',
    input: z.strictObject({
      from: time,
      to: time,
      datasets: z.string().max(1024).optional().describe('Comma-separated.'),
      sources: z.string().max(1024).optional().describe('Comma-separated.'),
      actions: z.string().max(1024).optional().describe('Comma-separated.'),
      examples: queryCount.pipe(z.number().max(1000)).optional().describe('Changes to show; 20 where not given.'),
    }),
    answer: previewLine,
  }),
  jobs: read('/api/v1/jobs', { summary: 'The jobs there are', input: nothing, answer: jobs }),
  watchJob: watch('/api/v1/jobs/{id}/progress', {
    summary: 'How a job goes, until it has ended',
    input: z.strictObject({ id: z.string().min(1).max(64) }),
    answer: jobSchema,
  }),
  cancelJob: change('/api/v1/jobs/{id}/cancel', {
    summary: 'End a job where it stands',
    input: z.strictObject({ id: z.string().min(1).max(64) }),
    answer: jobSchema,
  }),
  tail: watch('/api/v1/tail', {
    summary: 'Documents as they are made',
    input: z.strictObject({
      datasets: z.string().max(1024).optional().describe('Comma-separated.'),
      sources: z.string().max(1024).optional().describe('Comma-separated.'),
      actions: z.string().max(1024).optional().describe('Comma-separated.'),
    }),
    answer: tailLine,
  }),
  check: read('/api/v1/check', {
    summary: 'Ask each destination whether it would take events',
    input: nothing,
    answer: checks,
  }),
  doctor: changeAndWatch('/api/v1/doctor', {
    summary: 'Send one marked event through everything, and look for it at each destination',
    input: z.strictObject({ seconds: z.int().min(1).max(600).default(30).describe('Longest wait for a destination.') }),
    answer: doctorLine,
  }),
  shapes: watch('/api/v1/shapes', {
    summary: 'Fields that no mapping knows: paths, types and counts, no values',
    input: z.strictObject(spanShape),
    answer: shapesLine,
  }),
  reload: change('/api/v1/reload', {
    summary: 'Read the configuration again, and put into effect what can change',
    input: nothing,
    answer: reloaded,
  }),
  lookAtSubscriptions: change('/api/v1/subscriptions/look', {
    summary: 'Look at the subscriptions at ExtremeCloud IQ now, as every few minutes: mended where that is configured',
    input: z.strictObject({ source: name.optional().describe('All that have some, where none is named.') }),
    answer: lookedAt,
  }),
  forgetDestination: change('/api/v1/destinations/{name}/forget', {
    summary: 'End a destination that was taken out of the configuration',
    input: z.strictObject({ name }),
    answer: forgotten,
  }),
  resumeDestination: change('/api/v1/destinations/{name}/resume', {
    summary: 'Try a destination now, whatever it waits for',
    input: z.strictObject({ name }),
    answer: resumed,
  }),
} as const;

export type RouteName = keyof typeof routes;

/** What a connector can be asked: implemented by the running one, by its client, and in part by its files. */
export type Operations = { readonly [Name in RouteName]: Operation<(typeof routes)[Name]> };
