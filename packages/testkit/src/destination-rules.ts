// The conformance rules of a destination whose server has no fault.
import assert from 'node:assert/strict';
import type { DeliveryReport, Destination, EventToFind } from '@xiq-siem/core';
import {
  type DestinationFixture,
  deepFreeze,
  eventually,
  inTime,
  manyNames,
  noSignal,
  requireCapability,
  sampleBatch,
  sampleId,
  verdictsOf,
} from './destination-fixture.ts';
import type { DestinationHarness, NotApplicable, ServerFaults } from './destination-harness.ts';

export interface DestinationRule {
  /** The rule as a sentence. */
  readonly name: string;
  /** Capabilities of the harness that the rule needs. */
  readonly needs: readonly (keyof ServerFaults | keyof Pick<DestinationHarness, 'requests' | 'connections'>)[];
  /** Throws if the destination breaks the rule. Returns NotApplicable if the rule does not apply. */
  readonly run: (fixture: DestinationFixture) => Promise<undefined | NotApplicable>;
}

export const hasNoCheck: NotApplicable = { notApplicable: 'the destination has no check()' };
export const hasNoFind: NotApplicable = { notApplicable: 'the destination has no find()' };

/** Sends events of these names, and returns the report. */
export function send(destination: Destination, names: readonly string[], signal = noSignal): Promise<DeliveryReport> {
  return inTime(destination.deliver(sampleBatch(names), signal), 'deliver()');
}

function assertAllDelivered(report: DeliveryReport, size: number, what: string): void {
  assert.ok('items' in report, `${what} got one result for the whole batch: ${JSON.stringify(report)}`);
  const others = report.items.filter(({ verdict }) => verdict !== 'delivered');
  assert.deepEqual(others, [], `${what}: not all events were delivered`);
  assert.equal(report.items.length, size, `${what}: number of verdicts`);
}

const codePattern = /^[a-z][a-z0-9_]*$/;

export const healthyRules: readonly DestinationRule[] = [
  {
    name: 'codes are unique and match ^[a-z][a-z0-9_]*$',
    needs: [],
    async run({ definition: { codes } }) {
      for (const code of codes) assert.match(code, codePattern);
      assert.equal(new Set(codes).size, codes.length, 'a code is listed twice');
    },
  },
  {
    name: 'metric names are valid, and only declared metrics are counted',
    needs: [],
    async run({ create, counted, definition: { metrics = {} } }) {
      for (const name of Object.values(metrics)
        .flatMap(({ attributes = [] }) => attributes)
        .concat(Object.keys(metrics))) {
        assert.match(name, codePattern);
      }
      await send(await create(), manyNames('counted', 3));
      for (const { name, attributes } of counted()) {
        assert.ok(Object.hasOwn(metrics, name), `it counts ${name}, but does not declare it`);
        for (const attribute of Object.keys(attributes)) {
          assert.ok(metrics[name]?.attributes?.includes(attribute), `${name} has no attribute ${attribute}`);
        }
      }
    },
  },
  {
    name: 'each event of a batch gets exactly one verdict, by its index',
    needs: [],
    async run(fixture) {
      const names = manyNames('each', 50);
      const report = await send(await fixture.create(), names);
      assert.ok('items' in report, `the batch got one result as a whole: ${JSON.stringify(report)}`);
      const indexes = report.items.map(({ index }) => index).sort((a, b) => a - b);
      assert.deepEqual(
        indexes,
        names.map((_, index) => index),
      );
    },
  },
  {
    name: 'the server has every event that is reported as delivered',
    needs: [],
    async run(fixture) {
      const names = manyNames('there', 5);
      const verdicts = verdictsOf(await send(await fixture.create(), names));
      const received = new Set(await fixture.harness.received());
      assert.ok(verdicts.size > 0, 'nothing was delivered');
      for (const [index, name] of names.entries()) {
        if (verdicts.get(index)?.verdict === 'delivered')
          assert.ok(received.has(sampleId(name)), `the server does not have ${name}`);
      }
    },
  },
  {
    name: 'an empty batch causes no request',
    needs: ['requests'],
    async run(fixture) {
      assert.deepEqual(await send(await fixture.create(), []), { items: [] });
      assert.equal(requireCapability(fixture.harness.requests)(), 0, 'requests');
    },
  },
  {
    name: 'two events with the same id in a batch get one verdict each',
    needs: [],
    async run(fixture) {
      assertAllDelivered(
        await send(await fixture.create(), ['twin', 'other', 'twin']),
        3,
        'a batch with the same id twice',
      );
    },
  },
  {
    name: 'events that are sent again are delivered',
    needs: [],
    async run({ create }) {
      const destination = await create();
      await send(destination, ['again-0', 'again-1']);
      assertAllDelivered(await send(destination, ['again-0', 'again-1']), 2, 'the second delivery');
      assertAllDelivered(await send(await create(), ['again-0', 'again-1']), 2, 'after a restart');
    },
  },
  {
    name: 'concurrent batches do not mix',
    needs: [],
    async run({ create, definition, harness }) {
      const destination = await create();
      const batches = manyNames('concurrent', Math.min(definition.maxInFlight ?? 4, 4)).map((stream) =>
        manyNames(stream, 3),
      );
      await inTime(
        Promise.all(
          batches.map(async (names) => {
            assertAllDelivered(await destination.deliver(sampleBatch(names), noSignal), 3, `one of ${batches.length}`);
          }),
        ),
        'concurrent batches',
      );
      assert.deepEqual([...(await harness.received())].sort(), batches.flat().map(sampleId).sort());
    },
  },
  {
    name: 'the batch and its documents are not changed',
    needs: [],
    async run({ create }) {
      const destination = await create();
      const report = await inTime(destination.deliver(deepFreeze(sampleBatch(['frozen'])), noSignal), 'deliver()');
      assertAllDelivered(report, 1, 'a frozen batch');
    },
  },
  {
    name: 'one batch is one request',
    needs: ['requests'],
    async run(fixture) {
      await send(await fixture.create(), manyNames('once', 3));
      assert.equal(requireCapability(fixture.harness.requests)(), 1, 'requests');
    },
  },
  {
    name: 'with an aborted signal deliver() ends at once, and reports only events as delivered that the server has',
    needs: [],
    async run(fixture) {
      const verdicts = verdictsOf(await send(await fixture.create(), ['late'], AbortSignal.abort()));
      const isDelivered = verdicts.get(0)?.verdict === 'delivered';
      if (isDelivered) assert.deepEqual(await fixture.harness.received(), [sampleId('late')]);
    },
  },
  {
    name: 'check() succeeds and sends no event',
    needs: [],
    async run({ create, harness }) {
      const destination = await create();
      if (destination.check === undefined) return hasNoCheck;
      const { ok, message } = await inTime(destination.check(noSignal), 'check()');
      assert.ok(ok, `check() failed: ${message}`);
      assert.ok(message.length > 0, 'check() returned an empty message');
      assert.deepEqual(await harness.received(), []);
      return undefined;
    },
  },
  {
    name: 'find() finds delivered events in time, and no others',
    needs: [],
    async run({ create }) {
      const destination = await create();
      if (destination.find === undefined) return hasNoFind;
      const find = async (event: EventToFind) => {
        const result = await inTime(Promise.resolve(destination.find?.(event, noSignal)), 'find()');
        assert.ok(result !== undefined && result.message.length > 0, 'find() returned an empty message');
        return result.found;
      };
      const { items } = sampleBatch(manyNames('found', 3));
      const report = await inTime(destination.deliver({ items }, noSignal), 'deliver()');
      assertAllDelivered(report, items.length, 'a batch to find');
      for (const { id, dataset, timeMs } of items) {
        await eventually(() => find({ id, dataset, timeMs }), 'find() finds a delivered event');
        assert.equal(await find({ id: sampleId(`never ${id}`), dataset, timeMs }), false, 'an id that was never sent');
      }
      return undefined;
    },
  },
  {
    name: 'close() ends, even if it is called twice',
    needs: [],
    async run(fixture) {
      const destination = await fixture.create();
      await destination.deliver(sampleBatch(['close']), noSignal);
      for (const time of ['close()', 'the second close()']) await inTime(Promise.resolve(destination.close?.()), time);
    },
  },
  {
    name: 'close() closes all connections',
    needs: ['connections'],
    async run(fixture) {
      const connections = requireCapability(fixture.harness.connections);
      const destination = await fixture.create();
      await destination.deliver(sampleBatch(['connection']), noSignal);
      await inTime(Promise.resolve(destination.close?.()), 'close()');
      await eventually(async () => (await connections()) === 0, 'all connections are closed');
    },
  },
];
