// The conformance rules of a log for readers, searches and counts.
import assert from 'node:assert/strict';
import { inTime, manyNames, noSignal } from './destination-fixture.ts';
import {
  allOf,
  appendText,
  appendTexts,
  bodiesOf,
  entriesOf,
  everything,
  type LogRule,
  sampleMetadata,
  textOf,
} from './log-fixture.ts';

export const readRules: readonly LogRule[] = [
  {
    name: 'bodies are read in the order of their sequences, each once',
    needs: [],
    async run({ open }) {
      const log = await open();
      const texts = manyNames('ordered', 20);
      await appendTexts(log, texts.slice(0, 10));
      await Promise.all(texts.slice(10).map((text) => appendText(log, text)));
      for (const maxBodies of [3, 10_000]) {
        const { firstSequence, nextSequence } = log.extent();
        const reader = log.reader(firstSequence, nextSequence - 1);
        const bodies = [];
        for (let more = 1; more > 0; ) {
          const entries = await inTime(reader.read({ ...everything, maxBodies }, noSignal), 'read()');
          more = entries.length;
          bodies.push(...bodiesOf(entries));
        }
        await reader.close();
        const sequences = bodies.map(({ sequence }) => sequence);
        assert.ok(sequences.every(Number.isSafeInteger) && (sequences[0] ?? 0) >= 1, `invalid sequences: ${sequences}`);
        for (const [index, sequence] of sequences.slice(1).entries()) {
          assert.ok(sequence > (sequences[index] ?? 0), `${sequence} comes after ${sequences[index]}`);
        }
        assert.deepEqual(bodies.slice(0, 10).map(textOf), texts.slice(0, 10));
        assert.deepEqual(bodies.map(textOf).sort(), [...texts].sort());
      }
    },
  },
  {
    name: 'a reader starts with the first body at or after its sequence',
    needs: [],
    async run({ open }) {
      const log = await open();
      await appendTexts(log, manyNames('start', 6));
      const sequences = bodiesOf(await allOf(log)).map(({ sequence }) => sequence);
      for (const [index, sequence] of sequences.entries()) {
        for (const from of [(sequences[index - 1] ?? sequence - 1) + 1, sequence]) {
          const [first] = bodiesOf(await entriesOf(log, from, log.extent().nextSequence - 1));
          assert.equal(first?.sequence, sequence, `the first body of a reader that starts at ${from}`);
        }
      }
    },
  },
  {
    name: 'a reader with an end returns the bodies up to it and then nothing, even while bodies are appended',
    needs: [],
    async run({ open }) {
      const log = await open();
      await appendTexts(log, manyNames('end', 6));
      const sequences = bodiesOf(await allOf(log)).map(({ sequence }) => sequence);
      const { firstSequence, nextSequence } = log.extent();
      await appendText(log, 'later');
      for (const [index, sequence] of sequences.entries()) {
        for (const end of [sequence, (sequences[index + 1] ?? nextSequence) - 1]) {
          const given = bodiesOf(await entriesOf(log, firstSequence, end)).map((body) => body.sequence);
          assert.deepEqual(given, sequences.slice(0, index + 1), `up to ${end}`);
        }
      }
    },
  },
  {
    name: 'a read returns at least one entry, and respects its limits',
    needs: [],
    async run({ open }) {
      const log = await open();
      const texts = ['x'.repeat(100), 'y'.repeat(100), 'z'.repeat(1000), 'v', 'w'];
      await appendTexts(log, texts);
      const { firstSequence, nextSequence } = log.extent();
      for (const limits of [
        { maxBodies: 2, maxBytes: 2 ** 20 },
        { maxBodies: 100, maxBytes: 250 },
        { maxBodies: 100, maxBytes: 1 },
      ]) {
        const reader = log.reader(firstSequence, nextSequence - 1);
        for (let left = texts.length; left > 0; ) {
          const bodies = bodiesOf(await inTime(reader.read(limits, noSignal), 'read()'));
          const bytes = bodies.reduce((sum, body) => sum + body.bytes.length, 0);
          assert.ok(bodies.length > 0, `the read returned nothing, but ${left} bodies are left`);
          assert.ok(bodies.length <= limits.maxBodies, `${bodies.length} bodies, but the limit is ${limits.maxBodies}`);
          assert.ok(
            bodies.length === 1 || bytes <= limits.maxBytes,
            `${bytes} bytes, but the limit is ${limits.maxBytes}`,
          );
          left -= bodies.length;
        }
        await reader.close();
      }
    },
  },
  {
    name: 'readers that wait at the tail receive new bodies',
    needs: [],
    async run({ open }) {
      const log = await open();
      await appendText(log, 'before');
      const readers = [0, 1].map(() => log.reader(log.extent().nextSequence));
      for (const text of ['one', 'two']) {
        const reads = readers.map((reader) => inTime(reader.read(everything, noSignal), 'the read of a new body'));
        // The reads must wait before the append.
        await new Promise((resolve) => setImmediate(resolve));
        await appendText(log, text);
        for (const entries of await Promise.all(reads)) assert.deepEqual(bodiesOf(entries).map(textOf), [text]);
      }
      for (const reader of readers) await reader.close();
    },
  },
  {
    name: 'a waiting read returns nothing when its signal fires, and the reader can be used again',
    needs: [],
    async run({ open }) {
      const log = await open();
      const reader = log.reader(log.extent().nextSequence);
      const abort = new AbortController();
      const read = inTime(reader.read(everything, abort.signal), 'an aborted read');
      abort.abort();
      assert.deepEqual(await read, []);
      await appendText(log, 'after');
      const entries = await inTime(reader.read(everything, noSignal), 'the next read');
      assert.deepEqual(bodiesOf(entries).map(textOf), ['after']);
      await reader.close();
    },
  },
  {
    name: 'a receipt finds its body, and no other text finds a body',
    needs: [],
    async run({ open }) {
      const log = await open();
      const texts = manyNames('found', 5);
      const receipts = await appendTexts(log, texts);
      assert.equal(new Set(receipts).size, texts.length, 'a receipt was used twice');
      for (const [index, receipt] of receipts.entries()) {
        const found = await log.find(receipt);
        assert.equal(found.kind === 'body' && textOf(found.body), texts[index], `by ${receipt}`);
        assert.equal(found.kind === 'body' && found.body.receipt, receipt);
      }
      const [receipt = ''] = receipts;
      const changed = Array.from(receipt, (character, at) => {
        return `${receipt.slice(0, at)}${character === 'A' ? 'B' : 'A'}${receipt.slice(at + 1)}`;
      });
      for (const other of [
        '',
        'r1_',
        'no receipt',
        `${receipt}A`,
        ...changed.filter((one) => !receipts.includes(one)),
      ]) {
        assert.equal((await log.find(other)).kind, 'unknown', `by "${other}"`);
      }
    },
  },
  {
    name: 'sequenceAt() finds the first body received at or after a time',
    needs: [],
    async run({ open }) {
      const log = await open();
      const { receivedAtMs } = sampleMetadata;
      for (const n of [0, 1, 2, 3]) {
        await appendText(log, `time ${n}`, { ...sampleMetadata, receivedAtMs: receivedAtMs + 1000 * n });
      }
      const sequences = bodiesOf(await allOf(log)).map(({ sequence }) => sequence);
      const at = (ms: number) => inTime(log.sequenceAt(receivedAtMs + ms, noSignal), 'sequenceAt()');
      const found = [await at(-1), await at(0), await at(1), await at(1000), await at(2500), await at(3000)];
      const [one, two, , four] = sequences;
      assert.deepEqual(found, [one, one, two, two, four, four]);
      assert.equal(await at(3001), log.extent().nextSequence, 'if there is no later body');
      await assert.rejects(log.sequenceAt(receivedAtMs, AbortSignal.abort()), 'with an aborted signal');
    },
  },
  {
    name: 'extent and counts match the stored bodies',
    needs: [],
    async run({ open }) {
      const log = await open();
      assert.equal(log.extent().bodies, 0, 'bodies of an empty log');
      assert.equal(log.countBodies(log.extent().firstSequence), 0);
      for (let n = 1; n <= 6; n += 1) {
        const before = log.extent();
        await appendText(log, `counted ${n}`);
        const { firstSequence, nextSequence, bodies, bytes, hasRemoved } = log.extent();
        assert.ok(nextSequence > before.nextSequence && bytes > before.bytes, 'the extent did not grow');
        assert.deepEqual([bodies, log.countBodies(firstSequence), hasRemoved], [n, n, false]);
      }
      const { firstSequence, nextSequence } = log.extent();
      const sequences = bodiesOf(await allOf(log)).map(({ sequence }) => sequence);
      for (const [index, sequence] of sequences.entries()) {
        assert.ok(sequence >= firstSequence && sequence < nextSequence, `${sequence} is not in the extent`);
        const beforeIt = (sequences[index - 1] ?? sequence - 1) + 1;
        assert.deepEqual(
          [log.countBodies(sequence), log.countBodies(beforeIt)],
          [6 - index, 6 - index],
          `from ${sequence} on`,
        );
        assert.equal(log.countBodies(firstSequence, sequence), index + 1, `up to ${sequence}`);
        assert.equal(log.countBodies(sequence, sequence - 1), 0);
        assert.ok(log.bytesFrom(sequence) > log.bytesFrom(sequence + 1), `bytes from ${sequence} on`);
      }
      assert.deepEqual([log.countBodies(nextSequence), log.bytesFrom(nextSequence)], [0, 0], 'at the tail');
    },
  },
];
