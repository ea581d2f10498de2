// The rules that every destination holds while its server is well.
import assert from 'node:assert/strict';
import type { DeliveryReport, Destination, EventToFind } from '@xiq-siem/core';
import {
  able,
  type DestinationFixture,
  deepFreeze,
  eventually,
  inTime,
  manyNames,
  noSignal,
  sampleBatch,
  sampleId,
  verdictsOf,
} from './destination-fixture.ts';
import type { DestinationHarness, NotApplicable, ServerFaults } from './destination-harness.ts';

export interface DestinationRule {
  /** The rule in words. */
  readonly name: string;
  /** What the harness has to be able to do for it. */
  readonly needs: readonly (keyof ServerFaults | keyof Pick<DestinationHarness, 'requests' | 'connections'>)[];
  /** Throws where the rule is broken; may find that there is nothing to try. */
  readonly run: (fixture: DestinationFixture) => Promise<undefined | NotApplicable>;
}

export const hasNoCheck: NotApplicable = { notApplicable: 'it has no check()' };
export const hasNoFind: NotApplicable = { notApplicable: 'it has no find()' };

/** Sends events of these names, and gives what the destination reported. */
export function send(destination: Destination, names: readonly string[], signal = noSignal): Promise<DeliveryReport> {
  return inTime(destination.deliver(sampleBatch(names), signal), 'deliver()');
}

function assertAllDelivered(report: DeliveryReport, size: number, what: string): void {
  assert.ok('items' in report, `${what} was answered as a whole: ${JSON.stringify(report)}`);
  const others = report.items.filter(({ verdict }) => verdict !== 'delivered');
  assert.deepEqual(others, [], `${what}: not all were delivered`);
  assert.equal(report.items.length, size, `${what}: verdicts`);
}

const codePattern = /^[a-z][a-z0-9_]*$/;

export const healthyRules: readonly DestinationRule[] = [
  {
    name: 'codes are short words, none twice',
    needs: [],
    async run({ definition: { codes } }) {
      for (const code of codes) assert.match(code, codePattern);
      assert.equal(new Set(codes).size, codes.length, 'a code stands twice');
    },
  },
  {
    name: 'its metrics have short names, and it counts nothing that it does not declare',
    needs: [],
    async run({ create, counted, definition: { metrics = {} } }) {
      for (const name of Object.values(metrics)
        .flatMap(({ attributes = [] }) => attributes)
        .concat(Object.keys(metrics))) {
        assert.match(name, codePattern);
      }
      await send(await create(), manyNames('counted', 3));
      for (const { name, attributes } of counted()) {
        assert.ok(Object.hasOwn(metrics, name), `it counts ${name}, which it does not declare`);
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
      assert.ok('items' in report, `the batch was answered as a whole: ${JSON.stringify(report)}`);
      const indexes = report.items.map(({ index }) => index).sort((a, b) => a - b);
      assert.deepEqual(
        indexes,
        names.map((_, index) => index),
      );
    },
  },
  {
    name: 'what is reported as delivered is there',
    needs: [],
    async run(fixture) {
      const names = manyNames('there', 5);
      const verdicts = verdictsOf(await send(await fixture.create(), names));
      const received = new Set(await fixture.harness.received());
      assert.ok(verdicts.size > 0, 'nothing was delivered');
      for (const [index, name] of names.entries()) {
        if (verdicts.get(index)?.verdict === 'delivered')
          assert.ok(received.has(sampleId(name)), `${name} is not there`);
      }
    },
  },
  {
    name: 'an empty batch is answered without a request',
    needs: ['requests'],
    async run(fixture) {
      assert.deepEqual(await send(await fixture.create(), []), { items: [] });
      assert.equal(able(fixture.harness.requests)(), 0, 'requests');
    },
  },
  {
    name: 'two events of one id in a batch get a verdict each',
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
    name: 'events that were sent before are delivered when they are sent again',
    needs: [],
    async run({ create }) {
      const destination = await create();
      await send(destination, ['again-0', 'again-1']);
      assertAllDelivered(await send(destination, ['again-0', 'again-1']), 2, 'the second time');
      assertAllDelivered(await send(await create(), ['again-0', 'again-1']), 2, 'after a restart');
    },
  },
  {
    name: 'batches that are under way together do not mix',
    needs: [],
    async run({ create, definition, harness }) {
      const destination = await create();
      const batches = manyNames('lane', Math.min(definition.maxInFlight ?? 4, 4)).map((stream) => manyNames(stream, 3));
      await inTime(
        Promise.all(
          batches.map(async (names) => {
            assertAllDelivered(await destination.deliver(sampleBatch(names), noSignal), 3, `one of ${batches.length}`);
          }),
        ),
        'batches under way together',
      );
      assert.deepEqual([...(await harness.received())].sort(), batches.flat().map(sampleId).sort());
    },
  },
  {
    name: 'the batch and its documents are left as they are',
    needs: [],
    async run({ create }) {
      const destination = await create();
      const report = await inTime(destination.deliver(deepFreeze(sampleBatch(['frozen'])), noSignal), 'deliver()');
      assertAllDelivered(report, 1, 'a batch that cannot be changed');
    },
  },
  {
    name: 'one batch is one request',
    needs: ['requests'],
    async run(fixture) {
      await send(await fixture.create(), manyNames('once', 3));
      assert.equal(able(fixture.harness.requests)(), 1, 'requests');
    },
  },
  {
    name: 'a signal that has fired before ends the call at once, and nothing is said to be there that is not',
    needs: [],
    async run(fixture) {
      const verdicts = verdictsOf(await send(await fixture.create(), ['late'], AbortSignal.abort()));
      const there = verdicts.get(0)?.verdict === 'delivered';
      if (there) assert.deepEqual(await fixture.harness.received(), [sampleId('late')]);
    },
  },
  {
    name: 'check() says that all is well, and sends nothing',
    needs: [],
    async run({ create, harness }) {
      const destination = await create();
      if (destination.check === undefined) return hasNoCheck;
      const { ok, message } = await inTime(destination.check(noSignal), 'check()');
      assert.ok(ok, `check() says: ${message}`);
      assert.ok(message.length > 0, 'check() has nothing to say to a person');
      assert.deepEqual(await harness.received(), []);
      return undefined;
    },
  },
  {
    name: 'find() finds what was delivered, sooner or later, and nothing that never was',
    needs: [],
    async run({ create }) {
      const destination = await create();
      if (destination.find === undefined) return hasNoFind;
      const find = async (event: EventToFind) => {
        const result = await inTime(Promise.resolve(destination.find?.(event, noSignal)), 'find()');
        assert.ok(result !== undefined && result.message.length > 0, 'find() has nothing to say to a person');
        return result.found;
      };
      const { items } = sampleBatch(manyNames('found', 3));
      const report = await inTime(destination.deliver({ items }, noSignal), 'deliver()');
      assertAllDelivered(report, items.length, 'a batch to find');
      for (const { id, dataset, timeMs } of items) {
        await eventually(() => find({ id, dataset, timeMs }), 'find() finds an event that was delivered');
        assert.equal(await find({ id: sampleId(`never ${id}`), dataset, timeMs }), false, 'an id that was never sent');
      }
      return undefined;
    },
  },
  {
    name: 'close() ends, also when it is called twice',
    needs: [],
    async run(fixture) {
      const destination = await fixture.create();
      await destination.deliver(sampleBatch(['close']), noSignal);
      for (const time of ['close()', 'the second close()']) await inTime(Promise.resolve(destination.close?.()), time);
    },
  },
  {
    name: 'close() lets go of all connections',
    needs: ['connections'],
    async run(fixture) {
      const connections = able(fixture.harness.connections);
      const destination = await fixture.create();
      await destination.deliver(sampleBatch(['connection']), noSignal);
      await inTime(Promise.resolve(destination.close?.()), 'close()');
      await eventually(async () => (await connections()) === 0, 'all connections are closed');
    },
  },
];
