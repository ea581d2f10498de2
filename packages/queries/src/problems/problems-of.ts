// Derives the problems of a status, worst first. Everything that reports the condition of the connector uses this list.
import { type Problem, problemCodes, type Status } from '@xiq-siem/admin-api';
import { destinationProblems } from './destination-problems.ts';
import { counted, duration, newProblem } from './problem.ts';
import { pathProblems, sourceProblems } from './source-problems.ts';

export function problemsOf(status: Omit<Status, 'problems'>): Problem[] {
  const problems = [
    ...acceptance(status),
    ...losses(status),
    ...stateProblems(status),
    ...clockProblem(status),
    ...status.destinations.flatMap((destination) => destinationProblems(destination, status)),
    ...(status.sources ?? []).flatMap((source) => sourceProblems(source, status)),
    ...pathProblems(status),
    ...status.notConfigured.map(notConfiguredProblem),
  ];
  const rank = ({ code }: Problem): number => problemCodes.indexOf(code);
  return problems.sort((a, b) => rank(a) - rank(b));
}

type Given = Omit<Status, 'problems'>;

function notConfiguredProblem({ name, bodies }: Given['notConfigured'][number]): Problem {
  const subject = { kind: 'destination', name } as const;
  const forget = `\`xiq-siem destination forget ${name}\``;
  if (bodies === 0) {
    const summary = `${name} keeps new requests in the journal`;
    const text = 'not configured, but its position is still stored';
    return newProblem('destination_not_configured', { subject, summary, text, next: forget });
  }
  const waiting = `${counted(bodies, 'request')} ${bodies === 1 ? 'waits' : 'wait'} for`;
  return newProblem('destination_removed', {
    subject,
    summary: `${waiting} ${name}`,
    text: `not configured any more, and ${waiting} it`,
    next: `configure it again to deliver them, or ${forget} (discards them)`,
  });
}

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
    return 'fix the destinations that hold requests in the journal, or raise journal.maxBytes and restart';
  }
  if (reason === 'disk_full') return 'free the disk of the data directory, or lower journal.minFreeBytes';
  if (reason === 'journal_unwritable') {
    return 'make the disk of the data directory writable, or raise the limit of open files';
  }
  if (reason === 'journal_overloaded') return 'check the speed of the disk of the data directory';
  if (reason === 'journal_failed') return 'check the disk of the data directory, then restart the connector';
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
    ...gaps.map(({ id, destination, bodies, at, reason, receivedFrom, receivedTo }) => {
      const requests = counted(bodies, 'request');
      const text =
        reason === undefined
          ? `${requests} evicted from the full journal before it had them, last at ${at}`
          : `${requests} ${reason} before it had them, found at ${at}`;
      return newProblem('requests_evicted', {
        subject: { kind: 'destination', name: destination },
        summary: `${requests} ${reason === undefined ? 'evicted' : 'lost'} before ${destination} had them`,
        text,
        next: `\`${backfillOf(receivedFrom, receivedTo)}\` if the source has an \`api\` (delivered events come again, with another event.id), then \`xiq-siem status --acknowledge ${id}\``,
      });
    }),
  ];
}

/** Duplicates are forced: other destinations may have the events. */
function backfillOf(from: string | undefined, to: string | undefined): string {
  const span =
    from === undefined ? ' --from TIME --to TIME' : ` --from ${from}${to === undefined ? '' : ` --to ${to}`}`;
  return `xiq-siem backfill --force-duplicates${span}`;
}

function stateProblems({ incidents, stateFault, snapshot }: Given): readonly Problem[] {
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
    ...incidents.map((incident) => {
      const { id, kind, reason, file, recovered, lost } = incident;
      const ofJournal = kind === 'journal' || kind === 'position';
      const summary = incidentText(incident);
      const moved = file === undefined ? '' : `; moved to ${file}`;
      return newProblem(lost === 0 ? 'data_incident' : 'data_lost', {
        subject: ofJournal ? { kind: 'journal' } : subject,
        summary,
        text: ofJournal ? summary : `${summary} (${reason}; recovered ${recovered}${moved})`,
        next: snapshot
          ? 'check the disk, or restore a backup, before `xiq-siem serve`'
          : `check the disk, or restore a backup; then \`xiq-siem status --acknowledge ${id}\``,
      });
    }),
    ...unreadable,
  ];
}

function incidentText({ kind, reason, lost }: Status['incidents'][number]): string {
  if (kind === 'position') return reason;
  const requests = lost === undefined ? 'an unknown number of requests' : counted(lost, 'request');
  if (kind === 'journal') return `${requests} (${reason})`;
  if (kind === 'migrated') return `${lost ?? 'an unknown number of'} records or files could not be migrated`;
  const letters = lost === undefined ? 'an unknown number of dead letters' : counted(lost, 'dead letter');
  const fault = kind === 'outdated' ? 'does not match the positions (was a backup restored?)' : `was ${kind}`;
  return `the state file ${fault}: ${lost === 0 ? 'no dead letter' : letters} lost`;
}

function clockProblem({ clockStep }: Given): readonly Problem[] {
  if (clockStep === undefined) return [];
  const { seconds, at } = clockStep;
  const text = `the clock was set ${seconds < 0 ? 'back' : 'forward'} by ${duration(Math.abs(seconds))} at ${at}`;
  return [newProblem('clock_step', { subject: { kind: 'connector' }, summary: text, text })];
}
