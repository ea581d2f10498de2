// The work of a job that sends: a replay stream for each destination.
import type { JobStream } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import type { Delivery, DestinationStatus, ReplayStream, ReplayStreamOptions } from '@xiq-siem/delivery';
import type { RunningParts } from '@xiq-siem/queries';
import type { JobWork } from './jobs.ts';

/** The work of a job for one destination. */
export interface StreamPlan {
  readonly run: ReplayStreamOptions;
  /** Number of dead letters or bodies. */
  readonly total: number;
  doneOf(status: DestinationStatus): number;
  /** Number of dead letters without an event, counted as damaged. */
  readonly missing?: () => number;
}

/** `close` is called when all streams have ended and their positions are closed. */
export function startStreams(
  streams: readonly StreamPlan[],
  delivery: Pick<Delivery, 'startReplay'>,
  close?: () => Promise<void>,
): JobWork {
  const running = streams.map((plan) => ({ plan, run: delivery.startReplay(plan.run) }));
  return {
    ended: Promise.all(running.map(({ run }) => run.ended)).then((ends) =>
      // A stream stops on its own where a reload removed its destination.
      ends.includes('failed') ? 'failed' : ends.includes('stopped') ? 'stopped' : 'done',
    ),
    progress: () => ({ streams: running.map(streamView) }),
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
    damaged: counters.damaged + (plan.missing?.() ?? 0),
  };
}

/** @throws ConnectorError `not_found` where a named destination is not configured. */
export function requireConfigured({ pipeline }: RunningParts, named: readonly string[]): void {
  const configured = pipeline.destinations().map(({ configured: { name } }) => name);
  const unknown = named.find((name) => !configured.includes(name));
  if (unknown === undefined) return;
  const known = configured.join(', ');
  throw new ConnectorError('not_found', `unknown destination ${unknown}: the configuration has ${known}`);
}
