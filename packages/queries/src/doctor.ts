// `doctor`: sends one test event through the pipeline and searches for it at each destination.
import { setTimeout } from 'node:timers/promises';
import type { DoctorLine } from '@xiq-siem/admin-api';
import type { Destination, NormalizedEvent } from '@xiq-siem/core';
import type { OpenDestination } from '@xiq-siem/pipeline';
import type { ReadModel } from './read-model.ts';
import { traceReceipt } from './trace.ts';

export type Doctor = (seconds: number, signal: AbortSignal) => AsyncIterable<DoctorLine>;

export interface DoctorParts {
  readModel(): ReadModel;
  destinations(): readonly OpenDestination[];
  /** Why the connector delivers no events to a destination, or not all, if known. */
  problemOf(destination: string): string | undefined;
  /** Stores the test event; resolves with its receipt. */
  storeProbe(): Promise<string>;
}

type Found = Extract<DoctorLine, { kind: 'destination' }>;
type Result = Pick<Found, 'result' | 'ok' | 'message'>;

const pollMs = 200;
/** For one search at a destination. */
const findTimeoutMs = 10_000;

export function createDoctor(parts: DoctorParts): Doctor {
  return async function* doctor(seconds, signal) {
    const started = performance.now();
    const receipt = await parts.storeProbe();
    const readModel = parts.readModel();
    const found = await readModel.journal.find(receipt);
    const [event] = found.kind === 'body' ? [...readModel.normalize(found.body)] : [];
    if (event === undefined) {
      yield { kind: 'end', ok: false };
      return;
    }
    yield { kind: 'kept', receipt, eventId: event.id };
    const until = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);
    const waiting = new Map(
      parts.destinations().map((destination): [string, Promise<Found>] => {
        const { name, definition } = destination.configured;
        const result = evaluate(parts, readModel, destination, receipt, event, until).then((evaluated): Found => {
          const seconds = (performance.now() - started) / 1000;
          const message = destination.redact(evaluated.message);
          return { kind: 'destination', name, type: definition.type, ...evaluated, message, seconds };
        });
        return [name, result];
      }),
    );
    let ok = true;
    while (waiting.size > 0) {
      const line = await Promise.race(waiting.values());
      waiting.delete(line.name);
      ok &&= line.ok;
      yield line;
    }
    yield { kind: 'end', ok };
  };
}

async function evaluate(
  parts: DoctorParts,
  readModel: ReadModel,
  { configured, destination }: OpenDestination,
  receipt: string,
  event: NormalizedEvent,
  until: AbortSignal,
): Promise<Result> {
  const verdict = await settledVerdict(readModel, configured.name, receipt, until);
  if (verdict === undefined) {
    const check = await destination.check?.(AbortSignal.timeout(findTimeoutMs)).catch(failure);
    // The check may fail for another reason than delivery, or find nothing wrong.
    const seen =
      parts.problemOf(configured.name) ??
      'not settled in time: other events are ahead of it, or the server has not responded';
    const found = check?.ok === false && !seen.includes(check.message) ? `. The check fails: ${check.message}` : '';
    return { result: 'stuck', ok: false, message: `${seen}${found}` };
  }
  if (verdict.verdict === 'filtered') {
    return { result: 'filtered', ok: true, message: 'excluded by `where` of this destination' };
  }
  if (verdict.verdict !== 'delivered') {
    const message = `${verdict.code ?? verdict.verdict}: ${verdict.message ?? 'see dlq list'}`;
    return { result: 'dead_lettered', ok: false, message };
  }
  if (destination.find === undefined) {
    const message = `delivered (${verdict.assurance ?? 'accepted'}); the connector cannot search this destination`;
    return { result: 'delivered', ok: true, message };
  }
  return searchFor(destination, event, until);
}

async function settledVerdict(readModel: ReadModel, name: string, receipt: string, until: AbortSignal) {
  while (!until.aborted) {
    const { events } = await traceReceipt(readModel, receipt);
    const verdict = events[0]?.destinations.find(({ destination }) => destination === name);
    if (verdict !== undefined && verdict.verdict !== 'waiting') return verdict;
    await pause(until);
  }
  return undefined;
}

async function searchFor(destination: Destination, event: NormalizedEvent, until: AbortSignal): Promise<Result> {
  let last: Result = { result: 'not_found', ok: false, message: 'delivered; no time was left to search for it' };
  while (!until.aborted) {
    try {
      const { found, message } = (await destination.find?.(event, AbortSignal.timeout(findTimeoutMs))) ?? notSearchable;
      if (found) return { result: 'found', ok: true, message };
      last = { result: 'not_found', ok: false, message };
    } catch (cause) {
      last = { result: 'failed', ok: false, message: failure(cause).message };
    }
    await pause(until);
  }
  return last;
}

const notSearchable = { found: false, message: 'this destination cannot be searched' };

const failure = (cause: unknown): { ok: false; message: string } => ({
  ok: false,
  message: cause instanceof Error ? cause.message : String(cause),
});

const pause = (until: AbortSignal): Promise<void> =>
  setTimeout(pollMs, undefined, { signal: until }).catch(() => undefined);
