// Incorrect destinations: each breaks one rule of the conformance suite.
import {
  allDelivered,
  type Batch,
  type DeliveryReport,
  type Destination,
  type DestinationContext,
  type DestinationDefinition,
  type FindResult,
} from '@xiq-siem/core';
import { noSignal } from './destination-fixture.ts';
import { modelDestination, modelToken } from './model-siem.ts';

export interface WrongDestination {
  /** The rules that it breaks. */
  readonly breaks: readonly string[];
  readonly definition: DestinationDefinition;
}

type Wrong = (right: Destination, context: DestinationContext<string>) => Partial<Destination>;

/** The model destination with an incorrect change. */
function wrong(rule: string, change: Wrong, definition: DestinationDefinition = modelDestination()): WrongDestination {
  return {
    breaks: [rule],
    definition: {
      ...definition,
      async create(config, context) {
        const right = await definition.create(config, context);
        return { ...right, ...change(right, context) };
      },
    },
  };
}

/** The model destination with changed reports. */
function reporting(rule: string, change: (report: DeliveryReport, batch: Batch) => DeliveryReport): WrongDestination {
  return wrong(rule, (right) => ({
    deliver: async (batch, signal) => change(await right.deliver(batch, signal), batch),
  }));
}

const same = () => ({});
const lost: FindResult = { found: false, message: 'lost' };

const findsWhatIsThere = 'find() finds delivered events in time, and no others';
const countsWhatIsDeclared = 'metric names are valid, and only declared metrics are counted';
const noSecretShows = 'no secret is in reports, check results, search results or the log';

export const wrongDestinations: Readonly<Record<string, WrongDestination>> = {
  'has an invalid code': wrong('codes are unique and match ^[a-z][a-z0-9_]*$', same, {
    ...modelDestination(),
    codes: [...modelDestination().codes, 'Something went wrong'],
  }),
  'counts what it does not declare': wrong(countsWhatIsDeclared, (right, { meter }) => ({
    deliver(batch, signal) {
      meter.add('sent', batch.items.length);
      return right.deliver(batch, signal);
    },
  })),
  'omits a verdict in a large batch': reporting(
    'each event of a batch gets exactly one verdict, by its index',
    (report) => ('items' in report && report.items.length === 50 ? { items: report.items.slice(1) } : report),
  ),
  'reports an unsent event as delivered': wrong(
    'the server has every event that is reported as delivered',
    (right) => ({
      async deliver(batch, signal) {
        if (batch.items.length !== 5) return right.deliver(batch, signal);
        await right.deliver({ items: batch.items.slice(1).map((item, index) => ({ ...item, index })) }, signal);
        return allDelivered(batch);
      },
    }),
  ),
  'sends an empty batch': wrong('an empty batch causes no request', same, modelDestination({ sendsEmpty: true })),
  'stores verdicts by id': reporting('two events with the same id in a batch get one verdict each', (report, batch) => {
    if ('batch' in report) return report;
    return { items: [...new Map(report.items.map((item) => [batch.items[item.index]?.id, item])).values()] };
  }),
  'rejects an event that is sent again': wrong('events that are sent again are delivered', (right) => {
    const had = new Set<string | undefined>();
    return {
      async deliver(batch, signal) {
        const report = await right.deliver(batch, signal);
        if ('batch' in report) return report;
        const items = report.items.map((item) =>
          had.has(batch.items[item.index]?.id)
            ? ({ index: item.index, verdict: 'rejected', code: 'bad' } as const)
            : item,
        );
        for (const { index } of items) had.add(batch.items[index]?.id);
        return { items };
      },
    };
  }),
  'stores the current batch in a shared variable': wrong('concurrent batches do not mix', (right) => {
    let current: Batch = { items: [] };
    return {
      async deliver(batch, signal) {
        current = batch;
        await Promise.resolve();
        return right.deliver(current, signal);
      },
    };
  }),
  'changes the documents': wrong('the batch and its documents are not changed', (right) => ({
    async deliver(batch, signal) {
      for (const { document } of batch.items) Object.assign(document, { tags: ['sent'] });
      return right.deliver(batch, signal);
    },
  })),
  'sends events one by one': wrong('one batch is one request', (right) => ({
    async deliver(batch, signal) {
      const items = [];
      for (const { index, ...item } of batch.items) {
        const report = await right.deliver({ items: [{ ...item, index: 0 }] }, signal);
        if ('batch' in report) return report;
        for (const verdict of report.items) items.push({ ...verdict, index });
      }
      return { items };
    },
  })),
  'reports delivered for an aborted signal': wrong(
    'with an aborted signal deliver() ends at once, and reports only events as delivered that the server has',
    (right) => ({
      deliver: async (batch, signal) => (signal.aborted ? allDelivered(batch) : right.deliver(batch, signal)),
    }),
  ),
  'has a check that always fails': wrong('check() succeeds and sends no event', () => ({
    check: async () => ({ ok: false, message: 'who knows' }),
  })),
  'searches once and caches the result': wrong(findsWhatIsThere, (right) => {
    const first = new Map<string, Promise<FindResult>>();
    return {
      async find(event, signal) {
        const result = first.get(event.id) ?? right.find?.(event, signal) ?? lost;
        first.set(event.id, Promise.resolve(result));
        return result;
      },
    };
  }),
  'finds every event': wrong(findsWhatIsThere, () => ({ find: async () => ({ found: true, message: 'there' }) })),
  'returns no message for a search': wrong(findsWhatIsThere, (right) => ({
    find: async (event, signal) => ({ ...((await right.find?.(event, signal)) ?? lost), message: '' }),
  })),
  'throws when it is closed twice': wrong('close() ends, even if it is called twice', (right) => {
    let closed = false;
    return {
      async close() {
        if (closed) throw new Error('closed already');
        closed = true;
        await right.close?.();
      },
    };
  }),
  'leaves its connections open after close()': wrong('close() closes all connections', () => ({
    close: async () => {},
  })),
  'connects when it is created': wrong(
    'it can be created while its server is down',
    same,
    modelDestination({ connectsAtCreation: true }),
  ),
  'returns a verdict for each event if the server is down': reporting(
    'if the server is down, the whole batch is unavailable',
    (report, batch) =>
      'batch' in report && report.code === 'down'
        ? { items: batch.items.map(({ index }) => ({ index, verdict: 'retry', code: 'down' })) }
        : report,
  ),
  'never sends again after the server was down': wrong(
    'the same destination delivers again when its server is back',
    (right) => {
      let offended: DeliveryReport | undefined;
      return {
        async deliver(batch, signal) {
          if (offended !== undefined) return offended;
          const report = await right.deliver(batch, signal);
          if ('batch' in report && report.code === 'down') offended = report;
          return report;
        },
      };
    },
  ),
  'reports rejected credentials as unavailable': reporting(
    'if the server rejects the credentials, the whole batch is misconfigured',
    (report) => ('batch' in report ? { ...report, batch: 'unavailable' } : report),
  ),
  'rejects events if the server is busy': reporting('if the server is busy, no event is rejected', (report, batch) =>
    'batch' in report && report.code === 'busy'
      ? { items: batch.items.map(({ index }) => ({ index, verdict: 'rejected', code: 'busy' })) }
      : report,
  ),
  retries: wrong('it does not retry', (right) => ({
    async deliver(batch, signal) {
      const report = await right.deliver(batch, signal);
      return 'batch' in report ? right.deliver(batch, signal) : report;
    },
  })),
  'rejects the whole batch for one event': reporting(
    'one bad event is rejected, and the others are delivered',
    (report) => {
      if ('batch' in report || report.items.every(({ verdict }) => verdict !== 'rejected')) return report;
      return { items: report.items.map(({ index }) => ({ index, verdict: 'rejected', code: 'bad' })) };
    },
  ),
  'reports misconfigured for one closed data set': reporting(
    'events of a closed data set are blocked, and the others are delivered',
    (report) => {
      if ('batch' in report || report.items.every(({ verdict }) => verdict !== 'blocked')) return report;
      return { batch: 'misconfigured', code: 'closed' };
    },
  ),
  'rejects events of a closed data set': reporting(
    'events of a closed data set are blocked, and the others are delivered',
    (report) => {
      if ('batch' in report) return report;
      const items = report.items.map((item) =>
        item.verdict === 'blocked' ? ({ ...item, verdict: 'rejected' } as const) : item,
      );
      return { items };
    },
  ),
  'reports delivered for an aborted call': reporting(
    'if the server hangs, deliver() ends when its signal fires, and reports no event as delivered',
    (report, batch) =>
      'items' in report && report.items.some(({ verdict }) => verdict === 'unknown') && batch.items.length === 2
        ? allDelivered(batch)
        : report,
  ),
  'leaves aborted requests running': wrong(
    'an aborted call leaves no connection open',
    same,
    modelDestination({ leavesCallsOpen: true }),
  ),
  'has a check that always succeeds': wrong('check() reports a problem and does not throw', () => ({
    check: async () => ({ ok: true, message: 'fine' }),
  })),
  'uses undeclared codes': wrong('every code in a report is declared, and deliver() does not throw', same, {
    ...modelDestination(),
    codes: ['down', 'refused', 'closed', 'bad', 'cut_off'],
  }),
  'repeats a server message that contains a secret': wrong(
    noSecretShows,
    same,
    modelDestination({ repeatsServerMessage: true }),
  ),
  'throws an error with a secret when a search fails': wrong(noSecretShows, (right) => ({
    find: async (event, signal) =>
      right.find?.(event, signal).catch(() => Promise.reject(new Error(`refused: ${modelToken}`))) ?? lost,
  })),
  'ignores its signal': {
    breaks: [
      'if the server hangs, deliver() ends when its signal fires, and reports no event as delivered',
      'an aborted call leaves no connection open',
    ],
    definition: wrong('', (right) => ({ deliver: (batch) => right.deliver(batch, noSignal) })).definition,
  },
};
