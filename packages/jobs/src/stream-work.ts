// A job that sends: a delivery run for each destination.
import type { JobStream } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import type { Delivery, DestinationStatus, ReplayStream, ReplayStreamOptions } from '@xiq-siem/delivery';
import type { RunningParts } from '@xiq-siem/queries';
import type { JobWork } from './jobs.ts';

/** What a job does at one destination. */
export interface StreamPlan {
  readonly run: ReplayStreamOptions;
  /** Dead letters, or bodies. */
  readonly total: number;
  doneOf(status: DestinationStatus): number;
  /** What could not even be tried: its body is gone. Counted as damaged. */
  readonly notMade?: () => number;
}

/** `close` is called when all have ended, and their positions are closed. */
export function startStreams(
  streams: readonly StreamPlan[],
  delivery: Pick<Delivery, 'startReplay'>,
  close?: () => Promise<void>,
): JobWork {
  const running = streams.map((plan) => ({ plan, run: delivery.startReplay(plan.run) }));
  return {
    ended: Promise.all(running.map(({ run }) => run.ended)).then((ends) =>
      // A lane that stops without being asked lost its destination, by a reload.
      ends.includes('failed') ? 'failed' : ends.includes('stopped') ? 'stopped' : 'done',
    ),
    shown: () => ({ streams: running.map(streamView) }),
    stop: async (graceMs) => void (await Promise.all(running.map(({ run }) => run.stop(graceMs)))),
    async close() {
      for (const { run } of streams) await run.position.close();
      await close?.();
    },
  };
}

function streamView({ plan, run }: { readonly plan: StreamPlan; readonly run: ReplayStream }): JobStream {
  const status = run.status();
  const { name: destination, state, reason, lastMessage: message, counters } = status;
  const { delivered, duplicate, deadLettered, filtered } = counters;
  const done = plan.doneOf(status);
  return {
    destination,
    state: state === 'stopped' && done >= plan.total ? 'done' : state,
    reason,
    message,
    done,
    total: plan.total,
    delivered,
    duplicate,
    deadLettered,
    filtered,
    damaged: counters.damaged + (plan.notMade?.() ?? 0),
  };
}

/** @throws ConnectorError `not_found` where one that is named is not configured. */
export function requireConfigured({ pipeline }: RunningParts, named: readonly string[]): void {
  const configured = pipeline.destinations().map(({ configured: { name } }) => name);
  const unknown = named.find((name) => !configured.includes(name));
  if (unknown === undefined) return;
  const known = configured.join(', ');
  throw new ConnectorError('not_found', `there is no destination ${unknown}: the configuration has ${known}`);
}
