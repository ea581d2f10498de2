// Incorrect logs: each breaks one rule of the log conformance suite.
import { type BodyLog, type BodyReader, ConnectorError, type JournalEntry } from '@xiq-siem/core';
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

/** A harness of the model log. `change` replaces functions of the log each time it is opened. */
export function modelLogUnderTest(
  change: (right: BodyLog) => Partial<BodyLog> = () => ({}),
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
        damage: { inject: async (bodies) => store.damage(bodies.map(({ sequence }) => sequence)) },
        stop: async () => store.kill(),
      };
    },
  };
}

function wrong(rule: string, change: (right: BodyLog) => Partial<BodyLog>, options?: ModelLogOptions): WrongLog {
  return { breaks: [rule], underTest: modelLogUnderTest(change, options) };
}

/** The model log with changed reads. */
function reading(
  rule: string,
  change: (read: BodyReader['read'], right: BodyLog, from: number, to: number | undefined) => BodyReader['read'],
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

/** A lost span with its original start and end. */
async function uncut(entry: JournalEntry, right: BodyLog): Promise<JournalEntry> {
  if (entry.kind === 'body') return entry;
  const [whole = entry] = await right.reader(entry.span.fromSequence).read(everything, noSignal);
  return whole;
}

const withoutLost = (entries: readonly JournalEntry[]): readonly JournalEntry[] =>
  entries.filter(({ kind }) => kind === 'body');

const endRule = 'a reader with an end returns the bodies up to it and then nothing, even while bodies are appended';
const countRule = 'extent and counts match the stored bodies';
const closeRule = 'a closed log accepts no body, and has all accepted bodies when it is opened again';
const positionsRule = 'positions are independent: they can be created, released, opened again and deleted';
const damageRule = 'damaged bodies, and no others, are reported and counted as lost';
const cutRule = 'a lost span is cut at the start and the end of a reader';
const fullRule = 'a full log rejects bodies, stores none of them, and accepts bodies again when there is capacity';
const gapRule =
  'evicted bodies that a destination had not settled are its retention gap until that is acknowledged, and lost for readers';

export const wrongLogs: Readonly<Record<string, WrongLog>> = {
  'acknowledges before it is durable': wrong('acknowledged bodies survive a kill at any time', () => ({}), {
    acknowledgesEarly: true,
  }),
  'does not store the address': wrong('a body is read as it was appended, with its receipt', (right) => ({
    append: ({ remoteAddress: _, ...metadata }, bytes) => right.append(metadata, bytes),
  })),
  'returns two bodies in the wrong order in a large read': reading(
    'bodies are read in the order of their sequences, each once',
    (read) => async (limits, signal) => {
      const entries = await read(limits, signal);
      const [last, ...others] = entries.toReversed();
      return last === undefined || entries.length < 12 ? entries : [last, ...others.reverse()];
    },
  ),
  'skips a body if no body has the requested sequence': wrong(
    'a reader starts with the first body at or after its sequence',
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
  'ignores the limit of bytes': reading(
    'a read returns at least one entry, and respects its limits',
    (read) =>
      ({ maxBodies, maxBytes }, signal) =>
        read({ maxBodies, maxBytes: Math.max(maxBytes, 1_000) }, signal),
  ),
  'does not wake waiting readers': wrong('readers that wait at the tail receive new bodies', (right) => ({
    reader(from, to) {
      const reader = right.reader(from, to);
      if (to !== undefined || right.extent().bodies === 0) return reader;
      return { ...reader, read: (_, signal) => fired(signal).then(() => []) };
    },
  })),
  'throws when a read is aborted': reading(
    'a waiting read returns nothing when its signal fires, and the reader can be used again',
    (read) => async (limits, signal) => {
      const entries = await read(limits, signal);
      signal.throwIfAborted();
      return entries;
    },
  ),
  'finds a body for any receipt': wrong('a receipt finds its body, and no other text finds a body', (right) => ({
    async find(receipt) {
      const found = await right.find(receipt);
      const [first] = await right.reader(1).read(everything, noSignal);
      return found.kind === 'unknown' && first?.kind === 'body' ? first : found;
    },
  })),
  'finds the body after the right one': wrong(
    'sequenceAt() finds the first body received at or after a time',
    (right) => ({ sequenceAt: (atMs, signal) => right.sequenceAt(atMs + 1, signal) }),
  ),
  'counts sequences instead of bodies': wrong(countRule, (right) => ({
    countBodies: (from, to = Number.POSITIVE_INFINITY) =>
      Math.max(0, Math.min(to + 1, right.extent().nextSequence) - from),
  })),
  'counts no bodies in its extent': wrong(countRule, (right) => ({
    extent: () => ({ ...right.extent(), bodies: right.lostSpans().length === 0 ? 0 : right.extent().bodies }),
  })),
  'accepts bodies after it is closed': wrong(closeRule, (right) => {
    let isClosed = false;
    return {
      append: (metadata, bytes) => (isClosed ? Promise.resolve('a receipt') : right.append(metadata, bytes)),
      close() {
        isClosed = true;
        return right.close();
      },
    };
  }),
  'does not store settled ranges': wrong('a saved position survives a close and a kill', (right) => ({
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
  })),
  'deletes a released position': wrong(positionsRule, (right) => ({
    async releasePosition(destination) {
      await right.releasePosition(destination);
      await right.forgetPosition(destination);
    },
  })),
  'starts every destination at the tail': wrong(positionsRule, (right) => ({
    position: (destination, options) =>
      right.position(destination, destination === 'early' ? { ...options, startAt: 'now' } : options),
  })),
  'never accepts a body again': wrong(fullRule, (right) => {
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
  'reports that it accepts bodies when it is full': wrong(fullRule, (right) => ({
    acceptance() {
      const told = right.acceptance();
      return !told.ok && told.code === 'journal_full' ? { ok: true } : told;
    },
  })),
  'does not find a damaged body by its receipt': wrong(damageRule, (right) => ({
    async find(receipt) {
      const found = await right.find(receipt);
      return found.kind === 'lost' ? { kind: 'unknown' } : found;
    },
  })),
  'returns a lost span beyond its end': reading(cutRule, (read, right) => async (limits, signal) => {
    return Promise.all((await read(limits, signal)).map((entry) => uncut(entry, right)));
  }),
  'does not adjust the count of a cut span': reading(cutRule, (read, right) => async (limits, signal) => {
    const counted = (await read(limits, signal)).map(async (entry) => {
      const whole = await uncut(entry, right);
      if (entry.kind === 'body' || whole.kind === 'body') return entry;
      return { ...entry, span: { ...entry.span, bodies: whole.span.bodies } };
    });
    return Promise.all(counted);
  }),
  'evicts without a retention gap': wrong(gapRule, () => ({ retentionGaps: () => [] })),
  'does not store its gaps': wrong(gapRule, (right) => {
    const before = new Set(right.retentionGaps());
    return { retentionGaps: () => right.retentionGaps().filter((gap) => !before.has(gap)) };
  }),
  'acknowledges the gaps of all destinations': wrong(gapRule, (right) => ({
    acknowledgeGaps: (_, toSequence) => right.acknowledgeGaps('slow', toSequence),
  })),
  'reports no loss to readers': {
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
