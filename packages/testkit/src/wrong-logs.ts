// Logs that are wrong on purpose: each breaks one rule of the conformance suite for logs, and no other.
import { type BodyReader, ConnectorError, type JournalEntry, type Log } from '@xiq-siem/core';
import { noSignal } from './destination-fixture.ts';
import { everything } from './log-fixture.ts';
import type { LogUnderTest } from './log-harness.ts';
import { type ModelLogOptions, modelLog } from './model-log.ts';

export interface WrongLog {
  /** The rules that it breaks. */
  readonly breaks: readonly string[];
  readonly underTest: LogUnderTest;
}

const capacityBytes = 10_000;

/** The model log as the suite takes it, perhaps with something about it changed for the worse at each opening. */
export function modelLogUnderTest(
  change: (right: Log) => Partial<Log> = () => ({}),
  options: ModelLogOptions = {},
): LogUnderTest {
  return {
    async start() {
      const store = modelLog({ capacityBytes, ...options });
      return {
        async open() {
          const right = store.open();
          return { ...right, ...change(right) };
        },
        kill: async () => store.kill(),
        capacityBytes: { bytes: capacityBytes },
        damage: { play: async (bodies) => store.damage(bodies.map(({ sequence }) => sequence)) },
        stop: async () => store.kill(),
      };
    },
  };
}

function wrong(rule: string, change: (right: Log) => Partial<Log>, options?: ModelLogOptions): WrongLog {
  return { breaks: [rule], underTest: modelLogUnderTest(change, options) };
}

/** A log of which each read is changed on its way. */
function reading(
  rule: string,
  change: (read: BodyReader['read'], right: Log, from: number, to: number | undefined) => BodyReader['read'],
): WrongLog {
  return wrong(rule, (right) => ({
    reader(from, to) {
      const reader = right.reader(from, to);
      return { ...reader, read: change(reader.read, right, from, to) };
    },
  }));
}

const fired = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/** A lost span up to its own end. */
async function uncut(entry: JournalEntry, right: Log): Promise<JournalEntry> {
  if (entry.kind === 'body') return entry;
  const [whole = entry] = await right.reader(entry.span.fromSequence).read(everything, noSignal);
  return whole;
}

const withoutLost = (entries: readonly JournalEntry[]): readonly JournalEntry[] =>
  entries.filter(({ kind }) => kind === 'body');

const endRule = 'a reader with an end gives what is up to there, and then nothing, also while more comes';
const countRule = 'extent and counts tell the bodies there are, and grow with each';
const closeRule = 'a closed log takes nothing more, and what it took is there when it is opened again';
const positionsRule = 'positions are each for itself: begun, released, opened again and forgotten';
const damageRule = 'damaged bodies are reported as lost, counted, and nothing else is';
const cutRule = 'a lost span that crosses the beginning or the end of a reader is cut there';
const fullRule =
  'a full log refuses and says so, keeps nothing of what it refused, and accepts again when there is capacity';
const gapRule =
  'what is evicted though wanted is a gap of its destination until it is acknowledged, and lost to readers';

export const wrongLogs: Readonly<Record<string, WrongLog>> = {
  'acknowledges before it is durable': wrong(
    'what was acknowledged is there after a kill, whenever it comes',
    () => ({}),
    { acknowledgesEarly: true },
  ),
  'keeps no address': wrong('a body is given back as it was, under its receipt', (right) => ({
    append: ({ remoteAddress: _, ...metadata }, bytes) => right.append(metadata, bytes),
  })),
  'gives two in the wrong order where it gives many': reading(
    'bodies are read in the order of their sequences, none twice and none left out',
    (read) => async (limits, signal) => {
      const entries = await read(limits, signal);
      const [last, ...others] = entries.toReversed();
      return last === undefined || entries.length < 12 ? entries : [last, ...others.reverse()];
    },
  ),
  'skips a body where no body has the sequence that was asked for': wrong(
    'a reader begins with the first body at or after its sequence',
    (right) => ({
      reader(from, to) {
        const { firstSequence, nextSequence } = right.extent();
        const isHole = from > firstSequence && from < nextSequence && right.countBodies(from, from) === 0;
        return right.reader(isHole ? from + 20 : from, to);
      },
    }),
  ),
  'waits at an end before the tail': reading(endRule, (read, right, _, to = 0) => async (limits, signal) => {
    const isBefore = right.countBodies(to + 1) > 0 && right.lostSpans().length === 0;
    const entries = await read(limits, signal);
    if (entries.length === 0 && isBefore) await fired(signal);
    return entries;
  }),
  'gives all there is': reading(
    'a read gives one entry at least, and no more than its limits allow',
    (read) =>
      ({ maxBodies, maxBytes }, signal) =>
        read({ maxBodies, maxBytes: Math.max(maxBytes, 1_000) }, signal),
  ),
  'wakes no reader that waits': wrong('readers that wait at the tail are given what comes', (right) => ({
    reader(from, to) {
      const reader = right.reader(from, to);
      if (to !== undefined || right.extent().bodies === 0) return reader;
      return { ...reader, read: (_, signal) => fired(signal).then(() => []) };
    },
  })),
  'throws when a read is called off': reading(
    'a read that waits ends with nothing when its signal fires, and the reader can be read on',
    (read) => async (limits, signal) => {
      const entries = await read(limits, signal);
      signal.throwIfAborted();
      return entries;
    },
  ),
  'finds something by any receipt': wrong('a receipt finds its own body, and no other text finds any', (right) => ({
    async find(receipt) {
      const found = await right.find(receipt);
      const [first] = await right.reader(1).read(everything, noSignal);
      return found.kind === 'unknown' && first?.kind === 'body' ? first : found;
    },
  })),
  'takes the time of a body for earlier than it': wrong(
    'a time leads to the first body received then or later',
    (right) => ({ sequenceAt: (atMs, signal) => right.sequenceAt(atMs + 1, signal) }),
  ),
  'counts sequences for bodies': wrong(countRule, (right) => ({
    countBodies: (from, to = Number.POSITIVE_INFINITY) =>
      Math.max(0, Math.min(to + 1, right.extent().nextSequence) - from),
  })),
  'counts no bodies in its extent': wrong(countRule, (right) => ({
    extent: () => ({ ...right.extent(), bodies: right.lostSpans().length === 0 ? 0 : right.extent().bodies }),
  })),
  'answers for bodies after its close': wrong(closeRule, (right) => {
    let isClosed = false;
    return {
      append: (metadata, bytes) => (isClosed ? Promise.resolve('a receipt') : right.append(metadata, bytes)),
      close() {
        isClosed = true;
        return right.close();
      },
    };
  }),
  'forgets what is settled behind a position': wrong(
    'a position is found again as it was saved, also after a kill',
    (right) => ({
      async position(destination, options) {
        const file = await right.position(destination, options);
        return {
          ...file,
          get position() {
            return file.position;
          },
          save: (position) => file.save({ ...position, settled: [] }),
        };
      },
    }),
  ),
  'forgets a position that is released': wrong(positionsRule, (right) => ({
    async releasePosition(destination) {
      await right.releasePosition(destination);
      await right.forgetPosition(destination);
    },
  })),
  'begins every destination at the tail': wrong(positionsRule, (right) => ({
    position: (destination, options) =>
      right.position(destination, destination === 'early' ? { ...options, startAt: 'now' } : options),
  })),
  'accepts never again': wrong(fullRule, (right) => {
    let refusal: ConnectorError | undefined;
    return {
      async append(metadata, bytes) {
        if (refusal !== undefined) throw refusal;
        return right.append(metadata, bytes).catch((error: unknown) => {
          if (error instanceof ConnectorError && error.code === 'journal_full') refusal = error;
          throw error;
        });
      },
      acceptance: () => (refusal === undefined ? right.acceptance() : { ok: false, code: refusal.code, message: '' }),
    };
  }),
  'does not say that it is full': wrong(fullRule, (right) => ({
    acceptance() {
      const told = right.acceptance();
      return !told.ok && told.code === 'journal_full' ? { ok: true } : told;
    },
  })),
  'does not know what was damaged by its receipt': wrong(damageRule, (right) => ({
    async find(receipt) {
      const found = await right.find(receipt);
      return found.kind === 'lost' ? { kind: 'unknown' } : found;
    },
  })),
  'gives a lost span beyond its end': reading(cutRule, (read, right) => async (limits, signal) => {
    return Promise.all((await read(limits, signal)).map((entry) => uncut(entry, right)));
  }),
  'counts a lost span whole, though it is cut': reading(cutRule, (read, right) => async (limits, signal) => {
    const counted = (await read(limits, signal)).map(async (entry) => {
      const whole = await uncut(entry, right);
      if (entry.kind === 'body' || whole.kind === 'body') return entry;
      return { ...entry, span: { ...entry.span, bodies: whole.span.bodies } };
    });
    return Promise.all(counted);
  }),
  'evicts in silence': wrong(gapRule, () => ({ retentionGaps: () => [] })),
  'keeps its gaps in memory': wrong(gapRule, (right) => {
    const before = new Set(right.retentionGaps());
    return { retentionGaps: () => right.retentionGaps().filter((gap) => !before.has(gap)) };
  }),
  'acknowledges the gaps of all': wrong(gapRule, (right) => ({
    acknowledgeGaps: (_, toSequence) => right.acknowledgeGaps('slow', toSequence),
  })),
  'tells readers of no loss': {
    breaks: [damageRule, cutRule, gapRule],
    underTest: reading('', (read) => async (limits, signal) => {
      for (;;) {
        const entries = await read(limits, signal);
        const shown = withoutLost(entries);
        if (shown.length > 0 || entries.length === 0) return shown;
      }
    }).underTest,
  },
};
