// The status of a delivery stream, and one log line for each change of its state.
import type { Assurance, Logger, PositionCounters } from '@xiq-siem/core';
import type { Blocked } from './blocked-events.ts';
import type { Suspension } from './circuit-breaker.ts';
import type { Clock } from './clock.ts';

/** The last failed attempt, or the last rejected events. */
export interface LastFailure {
  /** A code of the destination, or `no_verdict`, `undeclared_code`, `stream_failed`. */
  readonly code: string;
  /** Sanitized message of the destination. */
  readonly message: string | undefined;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

export interface DestinationStatus {
  readonly name: string;
  readonly type: string;
  /** As it is now: a destination may lower it while it runs. */
  readonly assurance: Assurance;
  readonly state: 'running' | 'backing_off' | 'paused' | 'stopping' | 'stopped';
  /**
   * Why the destination backs off or is paused: one of its codes, `dead_letters_full` or `dead_letters_write_failed`. If
   * the maximum of events is blocked, the code of `blocked`.
   */
  readonly reason?: string;
  /**
   * The destination has taken an event under its present settings. Until then refused events are sent again: the cause may
   * be a wrong setting.
   */
  readonly proven: boolean;
  /** When `state` last changed; epoch milliseconds. */
  readonly sinceMs: number;
  /** Until when nothing is sent, in epoch milliseconds; undefined if there is no wait, or its end is unknown. */
  readonly waitUntilMs: number | undefined;
  /** Blocked events; code and sanitized message of the last one. */
  readonly blocked:
    | { readonly events: number; readonly code: string; readonly message: string | undefined }
    | undefined;
  /** An event would have been parked, but the dead-letter queue has no capacity for parked events: it stays in the stream. */
  readonly parkingRefused: boolean;
  /** When parked events are sent again, in epoch milliseconds; undefined if none is parked. */
  readonly parkedRetryMs?: number | undefined;
  /** Sanitized message of the last failure; undefined after a batch that was delivered completely. */
  readonly lastMessage: string | undefined;
  /** Since the start of the delivery stream. Later successes do not clear it. */
  readonly lastFailure: LastFailure | undefined;
  /** Sequence of the first body that is not settled. */
  readonly sequence: number;
  /** The counters of the position, but `normalized` includes unsettled events. */
  readonly counters: PositionCounters;
  /** Unsettled events. */
  readonly open: number;
  /**
   * Events read since the start of the stream, before routing. `taken` = `settledSinceStart` + `inProgress`, from three
   * independent counts. A difference is an internal error: greater than 0 for a lost event, less for one settled twice.
   */
  readonly taken: number;
  /** Events delivered, dead-lettered or filtered since the start of the stream, by the counters of its position. */
  readonly settledSinceStart: number;
  /** Events in memory: waiting, in flight, or not yet stored as dead letters. */
  readonly inProgress: number;
  /** Events that wait to be sent again. */
  readonly awaitingResend: number;
  /** Batches in flight. */
  readonly batchesInFlight: number;
  /**
   * Copies that the server may have beyond the delivered one: attempts with an unknown result, since the start of the
   * process, also of events that are not settled yet. Not counted if the server then has the event as a duplicate.
   */
  readonly possibleDuplicates: number;
  /** Degraded events since the start of the process, and the code of the last one with its advice. */
  readonly degraded?: { readonly events: number; readonly code: string; readonly advice?: string };
  /** Breaches of the plugin contract, since the start of the process. */
  readonly pluginFaults: number;
  /** Epoch milliseconds; undefined before the first delivery since the start of the process. */
  readonly lastDeliveredMs: number | undefined;
}

export function createStateLog(name: string, log: Logger, clock: Clock) {
  let state: DestinationStatus['state'] = 'running';
  let sinceMs = clock.now();
  let logged = 'running';
  const loggedBlocked = new Set<string>();

  const logBlocked = (blocked: Blocked | undefined) => {
    if (blocked === undefined) {
      if (loggedBlocked.size > 0) log.info('delivery.events_unblocked', { destination: name });
      loggedBlocked.clear();
    } else if (!loggedBlocked.has(blocked.code)) {
      loggedBlocked.add(blocked.code);
      const { code, events, message } = blocked;
      log.warn('delivery.events_blocked', { destination: name, code, events, message });
    }
  };
  return {
    /** Sets the current state. Returns when it last changed, in epoch milliseconds. */
    since(now: DestinationStatus['state']): number {
      if (now !== state) {
        state = now;
        sinceMs = clock.now();
      }
      return sinceMs;
    },
    /** Logs changes since the last call. */
    logChange(suspension: Suspension | undefined, blocked: Blocked | undefined, lastMessage: string | undefined) {
      logBlocked(blocked);
      const now = suspension === undefined ? 'running' : `${suspension.state} ${suspension.code}`;
      if (now === logged) return;
      logged = now;
      if (suspension === undefined) log.info('delivery.resumed', { destination: name });
      else log.warn(`delivery.${suspension.state}`, { destination: name, code: suspension.code, message: lastMessage });
    },
  };
}
