// GET /logs/{audit|auth|accounting|credential|email|sms}: the events of a log, page by page.
import type { Hono } from 'hono';
import type { SentType } from '../../message-types.ts';
import type { Emitter } from '../events/emitter.ts';
import type { EventStore } from '../events/event-store.ts';
import type { FaultState } from '../faults.ts';
import { messageTypeOf } from '../log-families.ts';
import type { SimulatedEvent } from '../simulated-event.ts';
import { checked, logParameters } from './parameters.ts';
import { type ApiEnv, errorResponse, pageResponse } from './responses.ts';

export interface LogOptions {
  readonly store: EventStore;
  readonly emitter: Emitter;
  readonly faults: FaultState;
  readonly now: () => number;
  readonly newestFirst: boolean;
  readonly endTimeInclusive: boolean;
  readonly logsAfterWebhooks: boolean;
}

export function logRoutes(app: Hono<ApiEnv>, options: LogOptions): void {
  const { store, faults, now, newestFirst, endTimeInclusive, logsAfterWebhooks } = options;
  const isShown = ({ rest, inTransit }: SimulatedEvent): boolean =>
    rest !== undefined && rest.shownFromMs <= now() && !(logsAfterWebhooks && inTransit > 0);

  app.get('/logs/:log', (c) => {
    const type = messageTypeOf(c.req.param('log'));
    if (type === undefined) return errorResponse(c, 'notFound', `There is no log ${c.req.param('log')}.`);
    const { value, fault } = checked(logParameters, c.req.query());
    if (value === undefined) return errorResponse(c, 'badRequest', fault);
    const { page, limit, startTime, endTime } = value;
    if (startTime !== undefined && endTime !== undefined && startTime > endTime) {
      return errorResponse(c, 'badRequest', 'startTime: it is after endTime');
    }
    const { account } = c.get('token');
    const to = endTime === undefined || endTimeInclusive ? endTime : endTime - 1;
    const found = store
      .find({ account, types: [type], from: startTime, to })
      .filter(isShown)
      .map(({ rest }) => rest?.json ?? '');
    const ordered = newestFirst ? found.toReversed() : found;
    const chance = { area: 'logs', messageType: type, page } as const;
    const wrongBy = faults.hit('movingTotal', chance)?.times ?? 0;
    const items = ordered.slice((page - 1) * limit, page * limit);
    const response = pageResponse(c, { totalCount: found.length + wrongBy, page, limit, items });
    const shift = faults.hit('shiftPages', chance);
    if (shift !== undefined) addAtHead(options, account, type, shift.settings.events, to);
    return response;
  });
}

/** Adds late events to a span that is being read, as its newest. */
function addAtHead(
  { emitter, now }: LogOptions,
  account: string,
  type: SentType,
  count: number,
  to: number | undefined,
): void {
  const atMs = Math.min(to ?? now(), now());
  emitter.emit({ type, account, count, atMs, sameMillisecond: true });
}
