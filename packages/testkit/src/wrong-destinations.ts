// Destinations that are wrong on purpose: each breaks one rule of the conformance suite, and no other.
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

/** The model destination with something about it changed for the worse. */
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

/** A destination of which the reports are changed on their way. */
function reporting(rule: string, change: (report: DeliveryReport, batch: Batch) => DeliveryReport): WrongDestination {
  return wrong(rule, (right) => ({
    deliver: async (batch, signal) => change(await right.deliver(batch, signal), batch),
  }));
}

const same = () => ({});
const lost: FindResult = { found: false, message: 'lost' };

const findsWhatIsThere = 'find() finds what was delivered, sooner or later, and nothing that never was';
const countsWhatIsDeclared = 'its metrics have short names, and it counts nothing that it does not declare';
const noSecretShows = 'no secret shows in reports, checks, searches and the log';

export const wrongDestinations: Readonly<Record<string, WrongDestination>> = {
  'has a code that is a sentence': wrong('codes are short words, none twice', same, {
    ...modelDestination(),
    codes: [...modelDestination().codes, 'Something went wrong'],
  }),
  'counts what it does not declare': wrong(countsWhatIsDeclared, (right, { meter }) => ({
    deliver(batch, signal) {
      meter.add('sent', batch.items.length);
      return right.deliver(batch, signal);
    },
  })),
  'forgets the last of many': reporting('each event of a batch gets exactly one verdict, by its index', (report) =>
    'items' in report && report.items.length === 50 ? { items: report.items.slice(1) } : report,
  ),
  'says delivered of what it never sent': wrong('what is reported as delivered is there', (right) => ({
    async deliver(batch, signal) {
      if (batch.items.length !== 5) return right.deliver(batch, signal);
      await right.deliver({ items: batch.items.slice(1).map((item, index) => ({ ...item, index })) }, signal);
      return allDelivered(batch);
    },
  })),
  'asks the server about nothing': wrong(
    'an empty batch is answered without a request',
    same,
    modelDestination({ sendsEmpty: true }),
  ),
  'keeps verdicts by id': reporting('two events of one id in a batch get a verdict each', (report, batch) => {
    if ('batch' in report) return report;
    return { items: [...new Map(report.items.map((item) => [batch.items[item.index]?.id, item])).values()] };
  }),
  'rejects what it had before': wrong(
    'events that were sent before are delivered when they are sent again',
    (right) => {
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
    },
  ),
  'has one place for the batch under way': wrong('batches that are under way together do not mix', (right) => {
    let current: Batch = { items: [] };
    return {
      async deliver(batch, signal) {
        current = batch;
        await Promise.resolve();
        return right.deliver(current, signal);
      },
    };
  }),
  'writes into the documents': wrong('the batch and its documents are left as they are', (right) => ({
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
  'says delivered when it is cut off before it began': wrong(
    'a signal that has fired before ends the call at once, and nothing is said to be there that is not',
    (right) => ({
      deliver: async (batch, signal) => (signal.aborted ? allDelivered(batch) : right.deliver(batch, signal)),
    }),
  ),
  'never finds that all is well': wrong('check() says that all is well, and sends nothing', () => ({
    check: async () => ({ ok: false, message: 'who knows' }),
  })),
  'looks before it is there, and never again': wrong(findsWhatIsThere, (right) => {
    const first = new Map<string, Promise<FindResult>>();
    return {
      async find(event, signal) {
        const result = first.get(event.id) ?? right.find?.(event, signal) ?? lost;
        first.set(event.id, Promise.resolve(result));
        return result;
      },
    };
  }),
  'finds what nobody sent': wrong(findsWhatIsThere, () => ({ find: async () => ({ found: true, message: 'there' }) })),
  'has no words for where it looked': wrong(findsWhatIsThere, (right) => ({
    find: async (event, signal) => ({ ...((await right.find?.(event, signal)) ?? lost), message: '' }),
  })),
  'cannot be closed twice': wrong('close() ends, also when it is called twice', (right) => {
    let closed = false;
    return {
      async close() {
        if (closed) throw new Error('closed already');
        closed = true;
        await right.close?.();
      },
    };
  }),
  'keeps its connections after close()': wrong('close() lets go of all connections', () => ({ close: async () => {} })),
  'asks its server at creation': wrong(
    'it can be created while its server is down',
    same,
    modelDestination({ asksAtCreation: true }),
  ),
  'gives a verdict for each event to a server that is down': reporting(
    'a server that is down is unavailable, for the whole batch',
    (report, batch) =>
      'batch' in report && report.code === 'down'
        ? { items: batch.items.map(({ index }) => ({ index, verdict: 'retry', code: 'down' })) }
        : report,
  ),
  'never forgives a server that was down': wrong(
    'a server that is back is sent to again, by the same destination',
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
  'waits for credentials to mend themselves': reporting(
    'refused credentials are misconfigured, for the whole batch',
    (report) => ('batch' in report ? { ...report, batch: 'unavailable' } : report),
  ),
  'gives up on a busy server': reporting('a busy server rejects nothing for good', (report, batch) =>
    'batch' in report && report.code === 'busy'
      ? { items: batch.items.map(({ index }) => ({ index, verdict: 'rejected', code: 'busy' })) }
      : report,
  ),
  'tries again by itself': wrong('it does not try again by itself', (right) => ({
    async deliver(batch, signal) {
      const report = await right.deliver(batch, signal);
      return 'batch' in report ? right.deliver(batch, signal) : report;
    },
  })),
  'rejects all for one': reporting('one bad event is rejected, and the others are delivered', (report) => {
    if ('batch' in report || report.items.every(({ verdict }) => verdict !== 'rejected')) return report;
    return { items: report.items.map(({ index }) => ({ index, verdict: 'rejected', code: 'bad' })) };
  }),
  'waits as a whole for one lane': reporting(
    'a lane that is closed is held, and does not hold the others',
    (report) => {
      if ('batch' in report || report.items.every(({ verdict }) => verdict !== 'blocked')) return report;
      return { batch: 'misconfigured', code: 'closed' };
    },
  ),
  'buries what only waits for a person': reporting(
    'a lane that is closed is held, and does not hold the others',
    (report) => {
      if ('batch' in report) return report;
      const items = report.items.map((item) =>
        item.verdict === 'blocked' ? ({ ...item, verdict: 'rejected' } as const) : item,
      );
      return { items };
    },
  ),
  'says delivered when it is cut off': reporting(
    'a call to a server that hangs ends when its signal fires, with a report that promises nothing',
    (report, batch) =>
      'items' in report && report.items.some(({ verdict }) => verdict === 'unknown') && batch.items.length === 2
        ? allDelivered(batch)
        : report,
  ),
  'goes on with calls that were cut off': wrong(
    'a call that was cut off leaves no connection behind',
    same,
    modelDestination({ leavesCallsOpen: true }),
  ),
  'finds all well always': wrong('check() says what is wrong, and does not throw', () => ({
    check: async () => ({ ok: true, message: 'fine' }),
  })),
  'has codes that it did not declare': wrong('every code in a report is declared, and nothing is thrown', same, {
    ...modelDestination(),
    codes: ['down', 'refused', 'closed', 'bad', 'cut_off'],
  }),
  'repeats what the server says, a secret with it': wrong(noSecretShows, same, modelDestination({ tellsAll: true })),
  'throws a secret when it cannot look': wrong(noSecretShows, (right) => ({
    find: async (event, signal) =>
      right.find?.(event, signal).catch(() => Promise.reject(new Error(`refused: ${modelToken}`))) ?? lost,
  })),
  'does not hear its signal': {
    breaks: [
      'a call to a server that hangs ends when its signal fires, with a report that promises nothing',
      'a call that was cut off leaves no connection behind',
    ],
    definition: wrong('', (right) => ({ deliver: (batch) => right.deliver(batch, noSignal) })).definition,
  },
};
