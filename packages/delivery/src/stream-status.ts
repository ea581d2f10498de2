// What is reported of a delivery stream: its status, and one log line for each change of its state.
import type { Assurance, Logger, PositionCounters } from '@xiq-siem/core';
import type { Blocked } from './blocked-events.ts';
import type { Clock } from './clock.ts';
import type { Suspension } from './send-permit.ts';

/** An attempt that failed, or events that were rejected. */
export interface LastFailure {
  /** The destination's, or one of ours: `no_verdict`, `undeclared_code`, `lane_failed`. */
  readonly code: string;
  /** The destination's own words, fit to be shown. */
  readonly message: string | undefined;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

export interface DestinationStatus {
  readonly name: string;
  readonly type: string;
  readonly assurance: Assurance;
  readonly state: 'running' | 'backing_off' | 'paused' | 'stopping' | 'stopped';
  /**
   * Why it backs off or pauses: a code of the destination's, or `dead_letters_full`, `dead_letters_failed`. That of
   * `held` where as much is blocked as may be: then nothing new is sent until some of it passes.
   */
  readonly reason?: string;
  /** Since when `state` is what it is; epoch milliseconds. */
  readonly sinceMs: number;
  /** Epoch milliseconds before which nothing is sent; undefined where nothing is waited for, or nobody knows how long. */
  readonly waitUntilMs: number | undefined;
  /** Events of which an operator has to fix something first, while the others pass; code and words of the last one. */
  readonly blocked:
    | { readonly events: number; readonly code: string; readonly message: string | undefined }
    | undefined;
  /** The destination's own words with its last failure, fit to be shown; undefined once it took a whole batch. */
  readonly lastMessage: string | undefined;
  /** Since the start of the delivery stream; it stays when all is well again. */
  readonly lastFailure: LastFailure | undefined;
  /** The first body that is not wholly settled. */
  readonly sequence: number;
  /** As in the position, but that `normalized` includes the open events. */
  readonly counters: PositionCounters;
  /** Events taken and not yet settled. */
  readonly open: number;
  /**
   * The sum, of three books that know nothing of each other: `taken` = `settledSince` + `inHand`. A difference is a bug
   * of ours: an event forgotten (above) or settled twice (below).
   */
  /** Events that this stream was given by its reader since it began, before routing. */
  readonly taken: number;
  /** Events that its position counts as delivered, dead letters or filtered beyond what it counted at the beginning. */
  readonly settledSinceStart: number;
  /** Events that are in fact there: they wait, are under way, or are on their way to the dead letters. */
  readonly inProgress: number;
  /** Of those in hand, events that wait to be sent again. */
  readonly awaitingResend: number;
  /** Batches under way. */
  readonly batchesInFlight: number;
  /** Events delivered after an attempt of which nobody knows how it ended; since the start of the process. */
  readonly possibleDuplicates: number;
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
    /** Epoch milliseconds since which the state is what it is now. */
    since(now: DestinationStatus['state']): number {
      if (now !== state) {
        state = now;
        sinceMs = clock.now();
      }
      return sinceMs;
    },
    /** Logs what has changed since the last call. */
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
