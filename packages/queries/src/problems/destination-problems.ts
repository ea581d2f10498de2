// The problems of one destination, from its state.
import type { DestinationState, Problem, Status } from '@xiq-siem/admin-api';
import { counted, duration, newProblem, sentence } from './problem.ts';

/** A shorter outage is no problem: the destination retries. */
const outageSeconds = 60;
const behindSeconds = 900;
/** A journal that is full sooner is mentioned. */
const nearFullHours = 24;

type Context = Pick<Status, 'at' | 'started' | 'incidents' | 'gaps'>;

export function destinationProblems(destination: DestinationState, status: Context): readonly Problem[] {
  const { name } = destination;
  const subject = { kind: 'destination', name } as const;
  const option = `--destination ${name}`;
  const { deadLetters, degraded, matchesNothing } = destination;
  const problems = [
    ...unaccounted(destination, status.incidents),
    ...stateProblems(destination, status),
    ...blockedProblems(destination),
    ...parkedProblems(destination),
    ...damagedProblems(destination, status),
  ];
  if (deadLetters.open > 0) {
    const text = counted(deadLetters.open, 'dead letter');
    const next = `\`xiq-siem dlq list ${option}\`, fix the cause, then \`xiq-siem dlq retry ${option}\``;
    problems.push(
      newProblem('dead_letters', {
        subject,
        summary: `${deadLetters.open.toLocaleString('en-US')} of ${name}`,
        text,
        next,
      }),
    );
  }
  if (degraded !== undefined) {
    const events = counted(degraded.events, 'event');
    const text = `${events} degraded since the start (${degraded.code})`;
    const summary = `${events} of ${name} (${degraded.code})`;
    problems.push(newProblem('events_degraded', { subject, summary, text, next: degraded.advice }));
  }
  if (matchesNothing !== undefined) {
    problems.push(
      newProblem('filter_matches_nothing', { subject, summary: `${name} can get no event`, text: matchesNothing }),
    );
  }
  return problems;
}

/** The requests of a gap count as damaged once delivery has skipped them; the gap is a problem of its own. */
function damagedProblems({ name, counters }: DestinationState, { gaps }: Context): readonly Problem[] {
  const inGaps = gaps.filter((gap) => gap.destination === name).reduce((sum, { bodies }) => sum + bodies, 0);
  const damaged = counters.damaged - inGaps;
  if (damaged <= 0) return [];
  const subject = { kind: 'destination', name } as const;
  const text = `${counted(damaged, 'request')} skipped: damaged (cannot be read or normalized), or in an acknowledged gap`;
  const next =
    'find the cause in the log. If the mapping was the cause, fix it, then ' +
    `\`xiq-siem replay --destination ${name} --from TIME --to TIME\``;
  return [
    newProblem('requests_damaged', { subject, summary: `${counted(damaged, 'request')} of ${name}`, text, next }),
  ];
}

export const unaccountedOf = ({ counters, deadLetters }: DestinationState): number =>
  Math.abs(counters.unaccounted) + Math.abs(deadLetters.unaccounted);

function unaccounted(destination: DestinationState, [incident]: Status['incidents']): readonly Problem[] {
  const { name, counters, deadLetters } = destination;
  const events = unaccountedOf(destination);
  if (events === 0) return [];
  const subject = { kind: 'destination', name } as const;
  const summary = `${counted(events, 'event')} of ${name} unaccounted for`;
  if (incident === undefined || counters.unaccounted !== 0 || deadLetters.unaccounted < 0) {
    const text = `${counted(events, 'event')} unaccounted for`;
    const next = 'keep the data directory and report a bug';
    return [newProblem('accounting_mismatch', { subject, summary, text, next })];
  }
  const text = `${counted(events, 'dead letter')} lost with the state file`;
  const next =
    'stop the connector and restore the file from a backup; without a backup, run `xiq-siem replay` for the time of ' +
    `these events, then \`xiq-siem status --acknowledge ${incident.id}\``;
  return [newProblem('accounting_mismatch', { subject, summary: `${text} (${name})`, text, next })];
}

function stateProblems(destination: DestinationState, { at, started }: Context): readonly Problem[] {
  const { name, state, reason, since, lag, lastFailure } = destination;
  const subject = { kind: 'destination', name } as const;
  const secondsSince = (time: string | undefined): number =>
    time === undefined ? 0 : Math.max(0, Date.parse(at) - Date.parse(time)) / 1000;
  const code = reason ?? lastFailure?.code ?? 'unknown';
  const failure = lastFailure?.message === undefined ? [] : [lastFailure.code, lastFailure.message];
  const cause = [...new Set([code, ...failure])].join(': ');
  const waiting = lag.bodies === 0 ? '' : ` ${counted(lag.bodies, 'request')} wait.`;
  const { hoursUntilFull: hours } = lag;
  const full =
    hours === null || hours > nearFullHours || lag.bodies === 0
      ? ''
      : ` The journal is full in ${duration(hours * 3600)}.`;
  const text = `${sentence(cause)}${waiting}${full}`;
  if (state === 'paused') {
    const problem = { subject, summary: `${name} (${code})`, text, next: nextWhenPaused(destination, cause) };
    return [newProblem('destination_paused', problem)];
  }
  const outage = secondsSince(since);
  if (state === 'backing_off') {
    if (outage <= outageSeconds) return [];
    const next = 'fix the server or the network (`xiq-siem check` tests it). The connector retries automatically';
    return [
      newProblem('destination_down', { subject, summary: `${name} (${code}, for ${duration(outage)})`, text, next }),
    ];
  }
  if (state !== 'running' || lag.seconds <= behindSeconds || secondsSince(started) <= behindSeconds) return [];
  const age = `its oldest event is ${duration(lag.seconds)} old`;
  const behind = `${age}; ${counted(lag.bodies, 'request')} wait.${full}`;
  return [newProblem('destination_behind', { subject, summary: `${name} (${age})`, text: behind })];
}

const retriesText = (name: string): string =>
  `The connector retries automatically; at once with \`xiq-siem destination resume ${name}\``;

function nextWhenPaused({ name, type, reason }: DestinationState, cause: string): string {
  if (reason === 'dead_letters_full') {
    const option = `--destination ${name}`;
    return `free space with \`xiq-siem dlq retry ${option}\` or \`xiq-siem dlq drop ${option}\`, or raise deadLetters.maxBytes`;
  }
  if (reason === 'dead_letters_write_failed') {
    return 'check the disk of the data directory. The connector retries automatically';
  }
  const needsSetup = type === 'elasticsearch' && /template|index|mapping|pipeline/.test(cause);
  const fix = needsSetup ? `\`xiq-siem setup ${name}\`` : 'fix the cause (`xiq-siem check` shows it)';
  return `${fix}. ${retriesText(name)}`;
}

function blockedProblems({ name, blocked }: DestinationState): readonly Problem[] {
  if (blocked === undefined) return [];
  const cause = blocked.message === undefined ? blocked.code : `${blocked.code}: ${blocked.message}`;
  const events = counted(blocked.events, 'event');
  const text = `${events} blocked (${cause})`;
  const subject = { kind: 'destination', name } as const;
  const summary = `${events} of ${name} (${blocked.code})`;
  return [newProblem('events_blocked', { subject, summary, text, next: `fix the cause. ${retriesText(name)}` })];
}

function parkedProblems({ name, parked, parkingRefused }: DestinationState): readonly Problem[] {
  const subject = { kind: 'destination', name } as const;
  const problems: Problem[] = [];
  if (parked !== undefined) {
    const { code = 'unknown', message } = parked;
    const events = counted(parked.events, 'event');
    const text = `${events} parked (${[code, message].filter((part) => part !== undefined).join(': ')})`;
    const next = `\`xiq-siem dlq list --parked --destination ${name}\`, fix the cause. ${retriesText(name)}`;
    problems.push(newProblem('events_parked', { subject, summary: `${events} of ${name} (${code})`, text, next }));
  }
  if (parkingRefused) {
    const text =
      'events that it does not accept stay in the journal, because dead letters use half of deadLetters.maxBytes';
    problems.push(newProblem('parking_refused', { subject, summary: `events of ${name}`, text }));
  }
  return problems;
}
