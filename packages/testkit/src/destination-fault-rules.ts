// The rules that every destination holds while its server is not well.
import assert from 'node:assert/strict';
import type { Destination } from '@xiq-siem/core';
import {
  type DestinationFixture,
  eventually,
  inTime,
  manyNames,
  noSignal,
  requireCapability,
  sampleBatch,
  sampleId,
  verdictsOf,
} from './destination-fixture.ts';
import { isNotApplicable, type ServerFaults } from './destination-harness.ts';
import { type DestinationRule, hasNoCheck, send } from './destination-rules.ts';

/** Faults without parameters. */
const simpleFaults = ['down', 'refuseCredentials', 'busy'] as const satisfies readonly (keyof ServerFaults)[];

/** Injects one fault after another and calls `check` under each. */
async function underEachFault(
  { harness, create }: DestinationFixture,
  check: (destination: Destination, fault: string) => Promise<void>,
): Promise<void> {
  const { faults } = harness;
  const destination = await create();
  if (!isNotApplicable(faults.rejectOne)) {
    await faults.rejectOne.inject(sampleId('bad'));
    await check(destination, 'rejectOne');
  }
  for (const name of simpleFaults) {
    const fault = faults[name];
    if (isNotApplicable(fault)) continue;
    await fault.inject();
    await check(destination, name);
    if ('recover' in fault && typeof fault.recover === 'function') await fault.recover();
  }
}

async function untilHanging(fixture: DestinationFixture): Promise<void> {
  const { requests } = fixture.harness;
  if (!isNotApplicable(requests)) await eventually(() => requests() > 0, 'the server received the request');
}

export const faultRules: readonly DestinationRule[] = [
  {
    name: 'it can be created while its server is down',
    needs: ['down'],
    async run({ harness, create }) {
      await requireCapability(harness.faults.down).inject();
      await create();
    },
  },
  {
    name: 'if the server is down, the whole batch is unavailable',
    needs: ['down'],
    async run(fixture) {
      const destination = await fixture.create();
      await requireCapability(fixture.harness.faults.down).inject();
      const report = await send(destination, ['down-0', 'down-1']);
      assert.ok('batch' in report && report.batch === 'unavailable', JSON.stringify(report));
    },
  },
  {
    name: 'the same destination delivers again when its server is back',
    needs: ['down'],
    async run({ harness, create }) {
      const down = requireCapability(harness.faults.down);
      const destination = await create();
      await destination.deliver(sampleBatch(['before']), noSignal);
      await down.inject();
      await destination.deliver(sampleBatch(['during']), noSignal);
      await down.recover();
      // A connection that was opened before the fault may fail once.
      const deliver = async () =>
        verdictsOf(await destination.deliver(sampleBatch(['after']), noSignal)).get(0)?.verdict;
      await eventually(
        async () => (await deliver()) === 'delivered',
        'the destination delivers after the server is back',
      );
    },
  },
  {
    name: 'if the server rejects the credentials, the whole batch is misconfigured',
    needs: ['refuseCredentials'],
    async run(fixture) {
      const destination = await fixture.create();
      await requireCapability(fixture.harness.faults.refuseCredentials).inject();
      const report = await send(destination, ['refused']);
      assert.ok('batch' in report && report.batch === 'misconfigured', JSON.stringify(report));
    },
  },
  {
    name: 'if the server is busy, no event is rejected',
    needs: ['busy'],
    async run(fixture) {
      const destination = await fixture.create();
      await requireCapability(fixture.harness.faults.busy).inject();
      const report = await send(destination, ['busy-0', 'busy-1']);
      const results = 'batch' in report ? [report.batch] : report.items.map(({ verdict }) => verdict);
      for (const result of results) assert.ok(result === 'unavailable' || result === 'retry', result);
    },
  },
  {
    name: 'it does not retry',
    needs: ['busy', 'requests'],
    async run(fixture) {
      const destination = await fixture.create();
      await requireCapability(fixture.harness.faults.busy).inject();
      await send(destination, ['alone']);
      assert.equal(requireCapability(fixture.harness.requests)(), 1, 'requests');
    },
  },
  {
    name: 'one bad event is rejected, and the others are delivered',
    needs: ['rejectOne'],
    async run(fixture) {
      const destination = await fixture.create();
      await requireCapability(fixture.harness.faults.rejectOne).inject(sampleId('bad'));
      const names = ['good-0', 'bad', 'good-1', 'good-2'];
      const verdicts = verdictsOf(await send(destination, names));
      assert.deepEqual(
        names.map((_, index) => verdicts.get(index)?.verdict),
        ['delivered', 'rejected', 'delivered', 'delivered'],
      );
      const received = await fixture.harness.received();
      assert.deepEqual([...received].sort(), ['good-0', 'good-1', 'good-2'].map(sampleId).sort());
    },
  },
  {
    name: 'events of a closed data set are blocked, and the others are delivered',
    needs: ['closeDataset'],
    async run({ harness, create }) {
      const destination = await create();
      const dataset = 'extreme_xiq.auth';
      await requireCapability(harness.faults.closeDataset).inject(dataset);
      const names = ['free-0', 'closed-0', 'free-1', 'closed-1', 'free-2', 'free-3'];
      const batch = sampleBatch(names, { 'closed-0': dataset, 'closed-1': dataset });
      const verdicts = verdictsOf(await inTime(destination.deliver(batch, noSignal), 'deliver()'));
      assert.deepEqual(
        names.map((_, index) => verdicts.get(index)?.verdict),
        ['delivered', 'blocked', 'delivered', 'blocked', 'delivered', 'delivered'],
      );
      const received = await harness.received();
      assert.deepEqual([...received].sort(), ['free-0', 'free-1', 'free-2', 'free-3'].map(sampleId).sort());
    },
  },
  {
    name: 'if the server hangs, deliver() ends when its signal fires, and reports no event as delivered',
    needs: ['hang'],
    async run(fixture) {
      const destination = await fixture.create();
      await requireCapability(fixture.harness.faults.hang).inject();
      const abort = new AbortController();
      const call = destination.deliver(sampleBatch(['hangs-0', 'hangs-1']), abort.signal);
      await untilHanging(fixture);
      abort.abort();
      const report = await inTime(call, 'deliver() after its signal');
      const results = 'batch' in report ? [report.batch] : report.items.map(({ verdict }) => verdict);
      for (const result of results) assert.ok(['unavailable', 'unknown', 'retry'].includes(result), result);
    },
  },
  {
    name: 'an aborted call leaves no connection open',
    needs: ['hang', 'connections'],
    async run(fixture) {
      const connections = requireCapability(fixture.harness.connections);
      const destination = await fixture.create();
      await requireCapability(fixture.harness.faults.hang).inject();
      const abort = new AbortController();
      const call = destination.deliver(sampleBatch(['left']), abort.signal).catch(() => {});
      await untilHanging(fixture);
      abort.abort();
      await inTime(call, 'deliver() after its signal');
      await inTime(Promise.resolve(destination.close?.()), 'close()');
      await eventually(async () => (await connections()) === 0, 'all connections are closed');
    },
  },
  {
    name: 'check() reports a problem and does not throw',
    needs: ['down'],
    async run({ harness, create }) {
      const { down, refuseCredentials } = harness.faults;
      const destination = await create();
      if (destination.check === undefined) return hasNoCheck;
      await requireCapability(down).inject();
      const { ok, message } = await inTime(destination.check(noSignal), 'check()');
      assert.ok(!ok && message.length > 0, `check() while the server is down: ${message}`);
      if (!isNotApplicable(refuseCredentials)) {
        await requireCapability(down).recover();
        await refuseCredentials.inject();
        const refused = await inTime(destination.check(noSignal), 'check()');
        assert.ok(!refused.ok && refused.message.length > 0, `check() with refused credentials: ${refused.message}`);
      }
      return undefined;
    },
  },
  {
    name: 'every code in a report is declared, and deliver() does not throw',
    needs: [],
    async run(fixture) {
      const declared = new Set(fixture.definition.codes);
      await underEachFault(fixture, async (destination, fault) => {
        const report = await inTime(
          destination.deliver(sampleBatch(['good', 'bad']), noSignal),
          `deliver() (${fault})`,
        );
        const codes =
          'batch' in report
            ? [report.code]
            : report.items.map((item) => (item.verdict === 'delivered' ? item.degraded : item.code));
        for (const code of codes) assert.ok(code === undefined || declared.has(code), `${code} (${fault})`);
        const degraded = 'batch' in report ? [] : report.items.flatMap((item) => 'degraded' in item && item.degraded);
        for (const code of degraded)
          assert.ok(!code || fixture.definition.degraded?.[code], `no advice for ${code} (${fault})`);
      });
    },
  },
  {
    name: 'no secret is in reports, check results, search results or the log',
    needs: [],
    async run(fixture) {
      const output: unknown[] = [];
      await underEachFault(fixture, async (destination) => {
        const names = manyNames('secret', 2);
        output.push(
          await destination.deliver(sampleBatch([...names, 'bad']), noSignal).catch((error) => String(error)),
        );
        output.push(await destination.check?.(noSignal).catch((error) => String(error)));
        const [event] = sampleBatch(['good']).items;
        if (event !== undefined) output.push(await destination.find?.(event, noSignal).catch((error) => String(error)));
      });
      const text = JSON.stringify([output, fixture.log.lines]);
      for (const secret of fixture.harness.secrets) assert.ok(!text.includes(secret), 'a secret is in the output');
    },
  },
];
