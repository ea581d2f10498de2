// The rules that every destination holds while its server is not well.
import assert from 'node:assert/strict';
import type { Destination } from '@xiq-siem/core';
import {
  able,
  type DestinationFixture,
  eventually,
  inTime,
  manyNames,
  noSignal,
  sampleBatch,
  sampleId,
  verdictsOf,
} from './destination-fixture.ts';
import { isNotApplicable, type ServerFaults } from './destination-harness.ts';
import { type DestinationRule, hasNoCheck, send } from './destination-rules.ts';

/** What the harness can play, of those faults that it can play without more. */
const simpleFaults = ['down', 'refuseCredentials', 'busy'] as const satisfies readonly (keyof ServerFaults)[];

/** Plays every simple fault at a server of its own; the harness has one server, so the caller sends after each. */
async function underEachFault(
  { harness, create }: DestinationFixture,
  look: (destination: Destination, fault: string) => Promise<void>,
): Promise<void> {
  const { faults } = harness;
  const destination = await create();
  if (!isNotApplicable(faults.rejectOne)) {
    await faults.rejectOne.play(sampleId('bad'));
    await look(destination, 'rejectOne');
  }
  for (const name of simpleFaults) {
    const fault = faults[name];
    if (isNotApplicable(fault)) continue;
    await fault.play();
    await look(destination, name);
    if ('bringBack' in fault && typeof fault.bringBack === 'function') await fault.bringBack();
  }
}

async function untilHanging(fixture: DestinationFixture): Promise<void> {
  const { requests } = fixture.harness;
  if (!isNotApplicable(requests)) await eventually(() => requests() > 0, 'the request has reached the server');
}

export const faultRules: readonly DestinationRule[] = [
  {
    name: 'it can be created while its server is down',
    needs: ['down'],
    async run({ harness, create }) {
      await able(harness.faults.down).play();
      await create();
    },
  },
  {
    name: 'a server that is down is unavailable, for the whole batch',
    needs: ['down'],
    async run(fixture) {
      const destination = await fixture.create();
      await able(fixture.harness.faults.down).play();
      const report = await send(destination, ['down-0', 'down-1']);
      assert.ok('batch' in report && report.batch === 'unavailable', JSON.stringify(report));
    },
  },
  {
    name: 'a server that is back is sent to again, by the same destination',
    needs: ['down'],
    async run({ harness, create }) {
      const down = able(harness.faults.down);
      const destination = await create();
      await destination.deliver(sampleBatch(['before']), noSignal);
      await down.play();
      await destination.deliver(sampleBatch(['during']), noSignal);
      await down.bringBack();
      // A connection of before may fail once more.
      const deliver = async () =>
        verdictsOf(await destination.deliver(sampleBatch(['after']), noSignal)).get(0)?.verdict;
      await eventually(async () => (await deliver()) === 'delivered', 'an event is delivered after the server is back');
    },
  },
  {
    name: 'refused credentials are misconfigured, for the whole batch',
    needs: ['refuseCredentials'],
    async run(fixture) {
      const destination = await fixture.create();
      await able(fixture.harness.faults.refuseCredentials).play();
      const report = await send(destination, ['refused']);
      assert.ok('batch' in report && report.batch === 'misconfigured', JSON.stringify(report));
    },
  },
  {
    name: 'a busy server rejects nothing for good',
    needs: ['busy'],
    async run(fixture) {
      const destination = await fixture.create();
      await able(fixture.harness.faults.busy).play();
      const report = await send(destination, ['busy-0', 'busy-1']);
      const message = 'batch' in report ? [report.batch] : report.items.map(({ verdict }) => verdict);
      for (const word of message) assert.ok(word === 'unavailable' || word === 'retry', word);
    },
  },
  {
    name: 'it does not try again by itself',
    needs: ['busy', 'requests'],
    async run(fixture) {
      const destination = await fixture.create();
      await able(fixture.harness.faults.busy).play();
      await send(destination, ['alone']);
      assert.equal(able(fixture.harness.requests)(), 1, 'requests');
    },
  },
  {
    name: 'one bad event is rejected, and the others are delivered',
    needs: ['rejectOne'],
    async run(fixture) {
      const destination = await fixture.create();
      await able(fixture.harness.faults.rejectOne).play(sampleId('bad'));
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
    name: 'a lane that is closed is held, and does not hold the others',
    needs: ['closeDataset'],
    async run({ harness, create }) {
      const destination = await create();
      const dataset = 'extreme_xiq.auth';
      await able(harness.faults.closeDataset).play(dataset);
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
    name: 'a call to a server that hangs ends when its signal fires, with a report that promises nothing',
    needs: ['hang'],
    async run(fixture) {
      const destination = await fixture.create();
      await able(fixture.harness.faults.hang).play();
      const abort = new AbortController();
      const call = destination.deliver(sampleBatch(['hangs-0', 'hangs-1']), abort.signal);
      await untilHanging(fixture);
      abort.abort();
      const report = await inTime(call, 'deliver(), after its signal,');
      const message = 'batch' in report ? [report.batch] : report.items.map(({ verdict }) => verdict);
      for (const word of message) assert.ok(['unavailable', 'unknown', 'retry'].includes(word), word);
    },
  },
  {
    name: 'a call that was cut off leaves no connection behind',
    needs: ['hang', 'connections'],
    async run(fixture) {
      const connections = able(fixture.harness.connections);
      const destination = await fixture.create();
      await able(fixture.harness.faults.hang).play();
      const abort = new AbortController();
      const call = destination.deliver(sampleBatch(['left']), abort.signal).catch(() => {});
      await untilHanging(fixture);
      abort.abort();
      await inTime(call, 'deliver(), after its signal,');
      await inTime(Promise.resolve(destination.close?.()), 'close()');
      await eventually(async () => (await connections()) === 0, 'all connections are closed');
    },
  },
  {
    name: 'check() says what is wrong, and does not throw',
    needs: ['down'],
    async run({ harness, create }) {
      const { down, refuseCredentials } = harness.faults;
      const destination = await create();
      if (destination.check === undefined) return hasNoCheck;
      await able(down).play();
      const { ok, message } = await inTime(destination.check(noSignal), 'check()');
      assert.ok(!ok && message.length > 0, `check() while the server is down: ${message}`);
      if (!isNotApplicable(refuseCredentials)) {
        await able(down).bringBack();
        await refuseCredentials.play();
        const refused = await inTime(destination.check(noSignal), 'check()');
        assert.ok(!refused.ok && refused.message.length > 0, `check() with refused credentials: ${refused.message}`);
      }
      return undefined;
    },
  },
  {
    name: 'every code in a report is declared, and nothing is thrown',
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
      });
    },
  },
  {
    name: 'no secret shows in reports, checks, searches and the log',
    needs: [],
    async run(fixture) {
      const said: unknown[] = [];
      await underEachFault(fixture, async (destination) => {
        const names = manyNames('secret', 2);
        said.push(await destination.deliver(sampleBatch([...names, 'bad']), noSignal).catch((error) => String(error)));
        said.push(await destination.check?.(noSignal).catch((error) => String(error)));
        const [event] = sampleBatch(['good']).items;
        if (event !== undefined) said.push(await destination.find?.(event, noSignal).catch((error) => String(error)));
      });
      const text = JSON.stringify([said, fixture.log.lines]);
      for (const secret of fixture.harness.secrets) assert.ok(!text.includes(secret), 'a secret shows');
    },
  },
];
