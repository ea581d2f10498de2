// Derives the problems of a status, worst first. Everything that reports the condition of the connector uses this list.
import { type Problem, problemCodes, type Status } from '@xiq-siem/admin-api';
import { destinationProblems } from './destination-problems.ts';
import { counted, newProblem } from './problem.ts';
import { pathProblems, sourceProblems } from './source-problems.ts';

export function problemsOf(status: Omit<Status, 'problems'>): Problem[] {
  const problems = [
    ...acceptance(status),
    ...losses(status),
    ...stateProblems(status),
    ...status.destinations.flatMap((destination) => destinationProblems(destination, status)),
    ...(status.sources ?? []).flatMap((source) => sourceProblems(source, status)),
    ...pathProblems(status),
    ...status.notConfigured.map((name) =>
      newProblem('destination_not_configured', {
        subject: { kind: 'destination', name },
        summary: `${name} keeps requests in the journal`,
        text: 'not configured, but its position is still stored',
        next: `\`xiq-siem destination forget ${name}\``,
      }),
    ),
  ];
  const rank = ({ code }: Problem): number => problemCodes.indexOf(code);
  return problems.sort((a, b) => rank(a) - rank(b));
}

type Given = Omit<Status, 'problems'>;

function acceptance({ accepting, destinations }: Given): readonly Problem[] {
  const subject = { kind: 'connector' } as const;
  if (accepting?.ok === true) return [];
  if (accepting !== undefined) {
    const reasons = accepting.reasons.join(', ');
    const text = `webhooks are not accepted: ${reasons}`;
    return [
      newProblem('not_accepting', {
        subject,
        summary: `webhooks (${reasons})`,
        text,
        next: nextFor(accepting.reasons),
      }),
    ];
  }
  const waiting = Math.max(0, ...destinations.map(({ lag }) => lag.bodies));
  const requests =
    waiting === 0 ? 'no request waits' : `${counted(waiting, 'request')} ${waiting === 1 ? 'waits' : 'wait'}`;
  const text = `the connector is stopped: ${requests} for delivery, and senders get no response`;
  return [newProblem('not_running', { subject, summary: requests, text, next: '`xiq-siem serve`' })];
}

function nextFor(reasons: readonly string[]): string | undefined {
  const [reason = ''] = reasons;
  if (reason === 'journal_full') {
    return 'fix the destinations that hold requests in the journal, free the disk, or raise journal.maxBytes';
  }
  if (reason === 'stopping') return 'wait until the connector has stopped, then `xiq-siem serve`';
  if (reason.startsWith('secret_unavailable'))
    return 'check the file or the variable of the secret (`xiq-siem validate`)';
  return undefined;
}

function losses({ gaps, journal }: Given): readonly Problem[] {
  return [
    ...journal.lost.map(({ fromSequence, toSequence, bodies = 1, reason, where }) => {
      const what = counted(bodies, 'stored request');
      return newProblem('requests_unreadable', {
        subject: { kind: 'journal' },
        summary: `${what} cannot be read`,
        text: `${what} cannot be read: sequence ${fromSequence} to ${toSequence} ${reason}, ${where}`,
        next: 'check the disk. If the source has an `api`, `xiq-siem backfill` for their time fetches the events again',
      });
    }),
    ...gaps.map(({ id, destination, bodies, at }) => {
      const text = `${counted(bodies, 'request')} evicted from the full journal before it had them, last at ${at}`;
      return newProblem('requests_evicted', {
        subject: { kind: 'destination', name: destination },
        summary: `${counted(bodies, 'request')} evicted before ${destination} had them`,
        text,
        next: `\`xiq-siem backfill\` for that time if the source has an \`api\`, then \`xiq-siem status --acknowledge ${id}\``,
      });
    }),
  ];
}

function stateProblems({ incidents, stateFault }: Given): readonly Problem[] {
  const subject = { kind: 'state' } as const;
  const unreadable =
    stateFault === undefined
      ? []
      : [
          newProblem('state_unreadable', {
            subject,
            summary: 'cannot be read, dead letters are unknown',
            text: stateFault,
          }),
        ];
  return [
    ...incidents.map(({ id, kind, reason, file, recovered, lost }) => {
      const what =
        lost === undefined ? 'an unknown number of dead letters lost' : `${counted(lost, 'dead letter')} lost`;
      const fault = kind === 'outdated' ? 'does not match the positions (was a backup restored?)' : `was ${kind}`;
      const summary =
        kind === 'migrated'
          ? `${lost ?? 'an unknown number of'} records or files could not be migrated`
          : `the state file ${fault}: ${what}`;
      const moved = file === undefined ? '' : `; moved to ${file}`;
      return newProblem(lost === 0 ? 'state_incident' : 'state_lost', {
        subject,
        summary,
        text: `${summary} (${reason}; recovered ${recovered}${moved})`,
        next: `check the disk, or restore a backup; then \`xiq-siem status --acknowledge ${id}\``,
      });
    }),
    ...unreadable,
  ];
}
