// The conformance rules of a log for stored bodies, positions, a full log and a closed log.
import assert from 'node:assert/strict';
import { type BodyLog, ConnectorError, initialPosition, type Position } from '@xiq-siem/core';
import { eventually, inTime, manyNames } from './destination-fixture.ts';
import {
  allOf,
  appendText,
  appendTexts,
  bodiesOf,
  earliest,
  type LogFixture,
  type LogRule,
  sampleMetadata,
  textOf,
  textOfSize,
  textsIn,
} from './log-fixture.ts';
import type { LogHarness } from './log-harness.ts';

/** Appends with four concurrent writers, and kills the log after `kills` acknowledged bodies. */
async function appendUntilKilled({ open, kill }: LogFixture, kills: number): Promise<ReadonlyMap<string, string>> {
  const log = await open();
  const acknowledged = new Map<string, string>();
  const { promise: enough, resolve, reject } = Promise.withResolvers<void>();
  let isKilled = false;
  const appendAll = async (writer: number): Promise<void> => {
    for (let n = 0; !isKilled; n += 1) {
      const text = `kill ${kills}, writer ${writer}, body ${n}`;
      const receipt = await log.append(sampleMetadata, Buffer.from(text));
      if (isKilled) return;
      acknowledged.set(receipt, text);
      if (acknowledged.size >= kills) resolve();
    }
  };
  if (kills === 0) resolve();
  // After the kill, appends may end in any way, or never.
  for (let writer = 0; writer < 4; writer += 1) void appendAll(writer).catch(reject);
  await inTime(enough, `${kills} appends`);
  isKilled = true;
  await kill();
  return acknowledged;
}

async function assertAllStored(log: BodyLog, acknowledged: ReadonlyMap<string, string>): Promise<void> {
  const stored = new Map(bodiesOf(await allOf(log)).map((body) => [body.receipt, textOf(body)]));
  for (const [receipt, text] of acknowledged) {
    assert.equal(stored.get(receipt), text, `acknowledged before the kill, but not readable after it: ${text}`);
    assert.equal(
      (await log.find(receipt)).kind,
      'body',
      `acknowledged before the kill, but not found after it: ${text}`,
    );
  }
}

export const storageRules: readonly LogRule[] = [
  {
    name: 'acknowledged bodies survive a kill at any time',
    needs: [],
    async run(fixture) {
      const acknowledged = new Map<string, string>();
      for (const kills of [0, 1, 2, 3, 5, 8, 13]) {
        for (const [receipt, text] of await appendUntilKilled(fixture, kills)) acknowledged.set(receipt, text);
        const log = await fixture.open();
        await assertAllStored(log, acknowledged);
        await inTime(log.close(), 'close()');
      }
    },
  },
  {
    name: 'a body is read as it was appended, with its receipt',
    needs: [],
    async run({ open }) {
      const log = await open();
      const metadata = { ...sampleMetadata, messageType: 'AUDIT_LOG_ALL', contentType: 'a/b', remoteAddress: '::1' };
      const bytes = Uint8Array.from({ length: 300 }, (_, n) => n % 256);
      const receipts = [await log.append(metadata, bytes), await log.append(sampleMetadata, Buffer.from('{}'))];
      const bodies = bodiesOf(await allOf(log));
      assert.deepEqual(
        bodies.map(({ receipt }) => receipt),
        receipts,
      );
      assert.deepEqual(
        bodies.map((body) => definedOf(body.metadata)),
        [metadata, sampleMetadata],
      );
      assert.deepEqual(
        bodies.map((body) => Buffer.from(body.bytes).toString('hex')),
        [Buffer.from(bytes).toString('hex'), Buffer.from('{}').toString('hex')],
      );
    },
  },
  {
    name: 'a closed log accepts no body, and has all accepted bodies when it is opened again',
    needs: [],
    async run({ open }) {
      const log = await open();
      const kept = ['before the close'];
      await appendTexts(log, kept);
      const pendingAppends = manyNames('during the close', 5).map(async (text) => {
        await log.append(sampleMetadata, Buffer.from(text));
        kept.push(text);
      });
      await inTime(log.close(), 'close()');
      await inTime(Promise.allSettled(pendingAppends), 'appends during the close');
      assert.equal(log.acceptance().ok, false, 'acceptance() is ok after close()');
      await assert.rejects(log.append(sampleMetadata, Buffer.from('after the close')), ConnectorError);
      await inTime(log.close(), 'close() again');
      const again = await open();
      const texts = await textsIn(again);
      assert.deepEqual(
        kept.filter((text) => !texts.includes(text)),
        [],
        'accepted, but not stored',
      );
      assert.ok(!texts.includes('after the close'), 'rejected, but stored');
    },
  },
  {
    name: 'a saved position survives a close and a kill',
    needs: [],
    async run({ open, kill }) {
      const first = await open();
      await appendTexts(first, manyNames('settled', 8));
      const sequences = bodiesOf(await allOf(first)).map(({ sequence }) => sequence);
      const [, two = 0, three = 0, four = 0, , six = 0] = sequences;
      const counters = { ...initialPosition(1).counters, normalized: 7, delivered: 5, filtered: 2 };
      const settled: Position['settled'] = [
        { sequence: three, toSequence: four, elements: 'all' },
        { sequence: six, elements: [[0, 3]] },
      ];
      const saved: Position = { sequence: two, settled, counters };
      await (await first.position('archive', earliest)).save(saved);
      await kill();
      const second = await open();
      assert.deepEqual(second.positions().get('archive'), saved, 'positions()');
      const file = await second.position('archive', { ...earliest, startAt: 'now' });
      assert.deepEqual(file.position, saved);
      await file.save({ ...saved, sequence: three });
      await inTime(second.close(), 'close()');
      const third = await open();
      assert.equal((await third.position('archive', earliest)).position.sequence, three, 'after a close');
    },
  },
  {
    name: 'positions are independent: they can be created, released, opened again and deleted',
    needs: [],
    async run({ open }) {
      const log = await open();
      await appendTexts(log, manyNames('read', 3));
      const { firstSequence, nextSequence } = log.extent();
      const early = await log.position('early', earliest);
      const late = await log.position('late', { ...earliest, startAt: 'now' });
      const next = { ...early.position, sequence: bodiesOf(await allOf(log))[1]?.sequence ?? 0 };
      assert.deepEqual([early.position, late.position], [firstSequence, nextSequence].map(initialPosition));
      await early.save(next);
      assert.deepEqual([early.position, late.position], [next, initialPosition(nextSequence)]);
      await assert.rejects(log.position('late', earliest), 'an open position was opened again');
      await log.releasePosition('early');
      await assert.rejects(early.save(late.position), ConnectorError, 'a released position was saved');
      assert.deepEqual(await log.orphanedPositions(), ['early']);
      assert.deepEqual((await log.position('early', earliest)).position, next, 'a released position was opened again');
      assert.deepEqual(await log.orphanedPositions(), []);
      await log.releasePosition('early');
      await log.forgetPosition('early');
      assert.deepEqual([...log.positions().keys()], ['late']);
    },
  },
  {
    name: 'a full log rejects bodies, stores none of them, and accepts bodies again when there is capacity',
    needs: ['capacityBytes'],
    async run(fixture) {
      const log = await fixture.open();
      const holding = await log.position('holding', { startAt: 'earliest', whenFull: 'hold' });
      const { kept, refusal } = await fill(log, fixture.harness);
      assert.ok(refusal instanceof ConnectorError, `rejected by ${refusal}`);
      const acceptance = log.acceptance();
      assert.equal(acceptance.ok ? 'accepts' : acceptance.code, refusal.code);
      assert.deepEqual(await textsIn(log), [...kept].sort(), 'stored bodies');
      assert.deepEqual(log.retentionGaps(), []);
      await holding.save(initialPosition(log.extent().nextSequence));
      await eventually(() => log.acceptance().ok, 'acceptance() is ok again');
      await appendText(log, 'again');
      await inTime(log.close(), 'close()');
      const texts = await textsIn(await fixture.open());
      assert.ok(texts.includes('again'), 'accepted again, but not stored');
      assert.deepEqual(
        texts.filter((text) => !kept.includes(text) && text !== 'again'),
        [],
        'rejected, but stored',
      );
    },
  },
];

/** Appends bodies until one is rejected. */
async function fill(
  log: BodyLog,
  { capacityBytes }: LogHarness,
): Promise<{ kept: readonly string[]; refusal: unknown }> {
  const kept: string[] = [];
  for (let n = 0; n < 60; n += 1) {
    const text = textOfSize(capacityBytes, n);
    try {
      await appendText(log, text);
    } catch (refusal) {
      return { kept, refusal };
    }
    kept.push(text);
  }
  return { kept, refusal: 'nothing: the log accepted three times its capacity' };
}

function definedOf(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
}
