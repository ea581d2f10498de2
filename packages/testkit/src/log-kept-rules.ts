// The rules that every log holds of what it keeps: bodies, positions, and what it does when it is full or closed.
import assert from 'node:assert/strict';
import { ConnectorError, initialPosition, type Log, type Position } from '@xiq-siem/core';
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

/** Appends at four places at once until so many are acknowledged; then the log is killed in the midst of it. */
async function appendUntilKilled({ open, kill }: LogFixture, kills: number): Promise<ReadonlyMap<string, string>> {
  const log = await open();
  const acknowledged = new Map<string, string>();
  const { promise: enough, resolve, reject } = Promise.withResolvers<void>();
  let isKilled = false;
  const appendAll = async (place: number): Promise<void> => {
    for (let n = 0; !isKilled; n += 1) {
      const text = `kill ${kills}, place ${place}, body ${n}`;
      const receipt = await log.append(sampleMetadata, Buffer.from(text));
      if (isKilled) return;
      acknowledged.set(receipt, text);
      if (acknowledged.size >= kills) resolve();
    }
  };
  if (kills === 0) resolve();
  // After the kill they end in whatever way, or never.
  for (let place = 0; place < 4; place += 1) void appendAll(place).catch(reject);
  await inTime(enough, `${kills} appends`);
  isKilled = true;
  await kill();
  return acknowledged;
}

async function assertAllThere(log: Log, acknowledged: ReadonlyMap<string, string>): Promise<void> {
  const there = new Map(bodiesOf(await allOf(log)).map((body) => [body.receipt, textOf(body)]));
  for (const [receipt, text] of acknowledged) {
    assert.equal(there.get(receipt), text, `acknowledged before the kill, and not read after it: ${text}`);
    assert.equal(
      (await log.find(receipt)).kind,
      'body',
      `acknowledged before the kill, and not found after it: ${text}`,
    );
  }
}

export const keptRules: readonly LogRule[] = [
  {
    name: 'what was acknowledged is there after a kill, whenever it comes',
    needs: [],
    async run(fixture) {
      const acknowledged = new Map<string, string>();
      for (const kills of [0, 1, 2, 3, 5, 8, 13]) {
        for (const [receipt, text] of await appendUntilKilled(fixture, kills)) acknowledged.set(receipt, text);
        const log = await fixture.open();
        await assertAllThere(log, acknowledged);
        await inTime(log.close(), 'close()');
      }
    },
  },
  {
    name: 'a body is given back as it was, under its receipt',
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
    name: 'a closed log takes nothing more, and what it took is there when it is opened again',
    needs: [],
    async run({ open }) {
      const log = await open();
      const kept = ['before the close'];
      await appendTexts(log, kept);
      const underWay = manyNames('under way', 5).map(async (text) => {
        await log.append(sampleMetadata, Buffer.from(text));
        kept.push(text);
      });
      await inTime(log.close(), 'close()');
      await inTime(Promise.allSettled(underWay), 'the appends that were under way');
      assert.equal(log.acceptance().ok, false, 'it says that it would accept');
      await assert.rejects(log.append(sampleMetadata, Buffer.from('after the close')), ConnectorError);
      await inTime(log.close(), 'close() again');
      const again = await open();
      const texts = await textsIn(again);
      assert.deepEqual(
        kept.filter((text) => !texts.includes(text)),
        [],
        'taken, and not there',
      );
      assert.ok(!texts.includes('after the close'), 'refused, and there');
    },
  },
  {
    name: 'a position is found again as it was saved, also after a kill',
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
      assert.deepEqual(second.positions().get('archive'), saved, 'among all positions');
      const file = await second.position('archive', { ...earliest, startAt: 'now' });
      assert.deepEqual(file.position, saved);
      await file.save({ ...saved, sequence: three });
      await inTime(second.close(), 'close()');
      const third = await open();
      assert.equal((await third.position('archive', earliest)).position.sequence, three, 'after a close');
    },
  },
  {
    name: 'positions are each for itself: begun, released, opened again and forgotten',
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
      await assert.rejects(log.position('late', earliest), 'a position that is open was opened again');
      await log.releasePosition('early');
      await assert.rejects(early.save(late.position), ConnectorError, 'a position that was released was saved');
      assert.deepEqual(await log.orphanedPositions(), ['early']);
      assert.deepEqual((await log.position('early', earliest)).position, next, 'it was opened again');
      assert.deepEqual(await log.orphanedPositions(), []);
      await log.releasePosition('early');
      await log.forgetPosition('early');
      assert.deepEqual([...log.positions().keys()], ['late']);
    },
  },
  {
    name: 'a full log refuses and says so, keeps nothing of what it refused, and accepts again when there is capacity',
    needs: ['capacityBytes'],
    async run(fixture) {
      const log = await fixture.open();
      const holding = await log.position('holding', { startAt: 'earliest', whenFull: 'hold' });
      const { kept, refusal } = await fill(log, fixture.harness);
      assert.ok(refusal instanceof ConnectorError, `refused by ${refusal}`);
      const acceptance = log.acceptance();
      assert.equal(acceptance.ok ? 'accepts' : acceptance.code, refusal.code);
      assert.deepEqual(await textsIn(log), [...kept].sort(), 'kept, and nothing else');
      assert.deepEqual(log.retentionGaps(), []);
      await holding.save(initialPosition(log.extent().nextSequence));
      await eventually(() => log.acceptance().ok, 'it accepts again');
      await appendText(log, 'again');
      await inTime(log.close(), 'close()');
      const texts = await textsIn(await fixture.open());
      assert.ok(texts.includes('again'), 'accepted again, and not kept');
      assert.deepEqual(
        texts.filter((text) => !kept.includes(text) && text !== 'again'),
        [],
        'refused, and there',
      );
    },
  },
];

/** Appends bodies of a twentieth of the capacity until one is refused. */
async function fill(log: Log, { capacityBytes }: LogHarness): Promise<{ kept: readonly string[]; refusal: unknown }> {
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
  return { kept, refusal: 'nothing: it took three times what it may hold' };
}

function definedOf(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
}
