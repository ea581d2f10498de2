// The one line that status begins with: is anything lost?
import type { DestinationState, Incident, SourceState, Status, SubscriptionState } from '@xiq-siem/admin-api';
import type { Colour } from '../terminal/colours.ts';
import { counted } from '../terminal/units.ts';

export interface Verdict {
  readonly text: string;
  readonly colour: Colour;
}

export function verdictOf({ reconciled, destinations, gaps, journal, incidents }: Status): Verdict {
  if (!reconciled) {
    const unknown = destinations.reduce(
      (total, { counters: { unaccounted }, deadLetters }) =>
        total + Math.abs(unaccounted) + Math.abs(deadLetters.unaccounted),
      0,
    );
    // Dead letters that a damaged file lost are missing in a sum.
    const why = incidents.map((incident) => `; ${incidentText(incident)}`).join('');
    return { text: `UNKNOWN FATE: ${counted(unknown, 'event')}: a sum does not hold${why}`, colour: 'red' };
  }
  const lost = journal.lost.reduce((total, { bodies = 1 }) => total + bodies, 0);
  const evicted = gaps.reduce((total, { bodies }) => total + bodies, 0);
  const parts = [
    ...(lost > 0 ? [`${counted(lost, 'body', 'bodies')} cannot be read any more`] : []),
    ...(evicted > 0 ? [`${counted(evicted, 'body', 'bodies')} let go that a destination wanted`] : []),
    ...incidents.filter(({ lost: entries }) => entries !== 0).map(incidentText),
  ];
  if (parts.length > 0) return { text: `LOST: ${parts.join(', ')}; every sum holds`, colour: 'red' };
  // The destinations read the same bodies, each for itself.
  const damaged = Math.max(0, ...destinations.map(({ counters }) => counters.damaged));
  const doubts = [
    ...(damaged > 0 ? [`${counted(damaged, 'body', 'bodies')} damaged`] : []),
    ...incidents.map(incidentText),
  ];
  if (doubts.length > 0) return { text: `Every sum holds; ${doubts.join(', ')}`, colour: 'yellow' };
  return { text: 'Nothing is lost: every sum holds', colour: 'green' };
}

/** In short: its line in the list says more. */
function incidentText({ kind, lost }: Incident): string {
  if (kind === 'migrated') return `${lost} records or files could not be migrated`;
  const what =
    lost === undefined
      ? 'an unknown number of dead letters'
      : lost === 0
        ? 'no dead letter'
        : counted(lost, 'dead letter');
  const how = { missing: 'was missing', damaged: 'was damaged', outdated: 'is not the latest' }[kind];
  return `the state file ${how}: ${what} lost`;
}

/** Whether something needs a person: the exit code of `status`. */
export function needsPerson(status: Status): boolean {
  const {
    reconciled,
    accepting,
    gaps,
    incidents,
    notConfigured,
    deadLetters,
    journal,
    destinations,
    sources = [],
  } = status;
  return (
    !reconciled ||
    // A connector that is stopped accepts nothing.
    accepting?.ok !== true ||
    deadLetters.open > 0 ||
    gaps.length > 0 ||
    incidents.length > 0 ||
    journal.lost.length > 0 ||
    notConfigured.length > 0 ||
    destinations.some(({ state, blocked }) => state === 'paused' || blocked !== undefined) ||
    sources.some((source) => sourceProblems(source).length > 0)
  );
}

/** One line each; none for a destination that is well. Words come from outside. */
export function problemsOf(destination: DestinationState, incidents: readonly Incident[] = []): readonly string[] {
  const { name, counters, deadLetters } = destination;
  const unknown = Math.abs(counters.unaccounted) + Math.abs(deadLetters.unaccounted);
  return [
    ...stateProblem(destination),
    ...blockedProblem(destination),
    ...(unknown === 0
      ? []
      : [`of ${counted(unknown, 'event')} nobody knows what became. Next: ${nextOfUnknown(destination, incidents)}`]),
    ...(counters.damaged === 0
      ? []
      : [
          `${counted(counters.damaged, 'body', 'bodies')} damaged: not to be read, or not to be normalized. Next: the log says which and ` +
            'why; xiq-siem replay sends them when it is mended',
        ]),
    ...(deadLetters.open === 0
      ? []
      : [
          `${counted(deadLetters.open, 'dead letter')}. Next: see xiq-siem dlq list --destination ${name}, ` +
            `mend the cause, then xiq-siem dlq retry --destination ${name}`,
        ]),
  ];
}

function nextOfUnknown({ counters, deadLetters }: DestinationState, [incident]: readonly Incident[]): string {
  if (incident === undefined || counters.unaccounted !== 0 || deadLetters.unaccounted < 0) {
    return 'keep the data directory, and report it';
  }
  return (
    'these dead letters were lost with the state file. Put it back, with the connector stopped, if you have it; else ' +
    `xiq-siem replay the time from which they are, then xiq-siem status --acknowledge ${incident.id}`
  );
}

function stateProblem({
  name,
  type,
  state,
  reason = 'no reason told',
  lastFailure,
}: DestinationState): readonly string[] {
  if (state !== 'paused' && state !== 'backing_off') return [];
  const said = lastFailure?.message === undefined ? reason : `${lastFailure.code}: ${lastFailure.message}`;
  if (reason === 'dead_letters_full') {
    return [`${said}. Next: make room with xiq-siem dlq retry or dlq drop, or raise deadLetters.maxBytes`];
  }
  if (reason === 'dead_letters_write_failed')
    return [`${said}. Next: look after the disk of the data directory; it tries again`];
  if (state === 'backing_off')
    return [`${said}. It tries again by itself; xiq-siem check says whether it would take events`];
  const setUp = type === 'elasticsearch' && /template|index|mapping|pipeline/.test(said);
  const mend = setUp ? `xiq-siem setup ${name}` : `mend it (xiq-siem check says what is wrong)`;
  return [`${said}. Next: ${mend}, then xiq-siem destination resume ${name}`];
}

function blockedProblem({ name, blocked }: DestinationState): readonly string[] {
  if (blocked === undefined) return [];
  const message = blocked.message === undefined ? blocked.code : `${blocked.code}: ${blocked.message}`;
  return [
    `${counted(blocked.events, 'event')} held (${message}). Next: mend it, then xiq-siem destination resume ${name}`,
  ];
}

/** One line each; none for a source that is well, or of which nothing is known. Words come from outside. */
export function sourceProblems({ api }: Pick<SourceState, 'api'>): readonly string[] {
  if (api === undefined) return [];
  const { subscriptions, publicUrl, failure, rotating = false } = api;
  const withProblems = subscriptions.filter(({ state }) => state !== 'ok' && state !== 'unknown');
  const alike = Map.groupBy(withProblems, ({ state, message = '' }) => `${state} ${message}`);
  return [
    ...(failure === undefined ? [] : [`subscriptions: ${failure}. Next: xiq-siem subscriptions plan says more`]),
    ...(rotating
      ? [
          'a rotation of the secret is under way, or was interrupted. Next: xiq-siem subscriptions rotate-secret goes on',
        ]
      : []),
    ...[...alike.values()].flatMap(subscriptionProblem),
    ...publicUrl.flatMap(({ what, result, message }) =>
      result === 'failed' ? [`public URL, ${what.replaceAll('_', ' ')}: ${message}`] : [],
    ),
  ];
}

function subscriptionProblem(alike: readonly SubscriptionState[]): readonly string[] {
  const [first] = alike;
  if (first === undefined) return [];
  const { state, message } = first;
  const types = alike.map(({ messageType }) => messageType).join(', ');
  const what = `${alike.length === 1 ? 'subscription' : 'subscriptions'} to ${types} ${state}`;
  return [`${what}${message === undefined ? '' : ` (${message})`}. Next: ${next[state]}`];
}

const apply = 'xiq-siem subscriptions apply';
const next: Readonly<Record<SubscriptionState['state'], string>> = {
  missing: apply,
  disabled: apply,
  changed: apply,
  foreign: 'look in ExtremeCloud IQ who made it',
  unknown: '',
  ok: '',
};
