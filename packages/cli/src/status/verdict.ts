// The one line that status begins with: is anything lost?
import type { DestinationState, Incident, SourceState, Status, SubscriptionState } from '@xiq-siem/admin-api';
import type { Colour } from '../terminal/colours.ts';
import { counted } from '../terminal/units.ts';

export interface Verdict {
  readonly text: string;
  readonly colour: Colour;
}

export function verdictOf({ holds, destinations, gaps, journal, incidents }: Status): Verdict {
  if (!holds) {
    const unknown = destinations.reduce(
      (sum, { sum: { difference }, deadLetters }) => sum + Math.abs(difference) + Math.abs(deadLetters.difference),
      0,
    );
    // Dead letters that a damaged file lost are missing in a sum.
    const why = incidents.map((incident) => `; ${incidentText(incident)}`).join('');
    return { text: `UNKNOWN FATE: ${counted(unknown, 'event')}: a sum does not hold${why}`, colour: 'red' };
  }
  const lost = journal.lost.reduce((sum, { bodies = 1 }) => sum + bodies, 0);
  const letGo = gaps.reduce((sum, { bodies }) => sum + bodies, 0);
  const parts = [
    ...(lost > 0 ? [`${counted(lost, 'body', 'bodies')} cannot be read any more`] : []),
    ...(letGo > 0 ? [`${counted(letGo, 'body', 'bodies')} let go that a destination wanted`] : []),
    ...incidents.filter(({ lost: entries }) => entries !== 0).map(incidentText),
  ];
  if (parts.length > 0) return { text: `LOST: ${parts.join(', ')}; every sum holds`, colour: 'red' };
  // The destinations read the same bodies, each for itself.
  const damaged = Math.max(0, ...destinations.map(({ sum }) => sum.damaged));
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
  const { holds, accepting, gaps, incidents, notConfigured, deadLetters, journal, destinations, sources = [] } = status;
  return (
    !holds ||
    // A connector that is stopped accepts nothing.
    accepting?.ok !== true ||
    deadLetters.open > 0 ||
    gaps.length > 0 ||
    incidents.length > 0 ||
    journal.lost.length > 0 ||
    notConfigured.length > 0 ||
    destinations.some(({ state, held }) => state === 'paused' || held !== undefined) ||
    sources.some((source) => sourceTroubles(source).length > 0)
  );
}

/** One line each; none for a destination that is well. Words come from outside. */
export function troublesOf(destination: DestinationState, incidents: readonly Incident[] = []): readonly string[] {
  const { name, sum, deadLetters } = destination;
  const unknown = Math.abs(sum.difference) + Math.abs(deadLetters.difference);
  return [
    ...stateTrouble(destination),
    ...heldTrouble(destination),
    ...(unknown === 0
      ? []
      : [`of ${counted(unknown, 'event')} nobody knows what became. Next: ${nextOfUnknown(destination, incidents)}`]),
    ...(sum.damaged === 0
      ? []
      : [
          `${counted(sum.damaged, 'body', 'bodies')} damaged: not to be read, or not to be normalized. Next: the log says which and ` +
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

function nextOfUnknown({ sum, deadLetters }: DestinationState, [incident]: readonly Incident[]): string {
  if (incident === undefined || sum.difference !== 0 || deadLetters.difference < 0) {
    return 'keep the data directory, and report it';
  }
  return (
    'these dead letters were lost with the state file. Put it back, with the connector stopped, if you have it; else ' +
    `xiq-siem replay the time from which they are, then xiq-siem status --acknowledge ${incident.id}`
  );
}

function stateTrouble({
  name,
  type,
  state,
  reason = 'no reason told',
  lastFailure,
}: DestinationState): readonly string[] {
  if (state !== 'paused' && state !== 'backing_off') return [];
  const said = lastFailure?.words === undefined ? reason : `${lastFailure.code}: ${lastFailure.words}`;
  if (reason === 'dead_letters_full') {
    return [`${said}. Next: make room with xiq-siem dlq retry or dlq drop, or raise deadLetters.maxBytes`];
  }
  if (reason === 'dead_letters_failed')
    return [`${said}. Next: look after the disk of the data directory; it tries again`];
  if (state === 'backing_off')
    return [`${said}. It tries again by itself; xiq-siem check says whether it would take events`];
  const setUp = type === 'elasticsearch' && /template|index|mapping|pipeline/.test(said);
  const mend = setUp ? `xiq-siem setup ${name}` : `mend it (xiq-siem check says what is wrong)`;
  return [`${said}. Next: ${mend}, then xiq-siem destination resume ${name}`];
}

function heldTrouble({ name, held }: DestinationState): readonly string[] {
  if (held === undefined) return [];
  const words = held.words === undefined ? held.code : `${held.code}: ${held.words}`;
  return [`${counted(held.events, 'event')} held (${words}). Next: mend it, then xiq-siem destination resume ${name}`];
}

/** One line each; none for a source that is well, or of which nothing is known. Words come from outside. */
export function sourceTroubles({ api }: Pick<SourceState, 'api'>): readonly string[] {
  if (api === undefined) return [];
  const { subscriptions, publicUrl, failure, rotating = false } = api;
  const troubled = subscriptions.filter(({ state }) => state !== 'well' && state !== 'unknown');
  const alike = Map.groupBy(troubled, ({ state, words = '' }) => `${state} ${words}`);
  return [
    ...(failure === undefined ? [] : [`subscriptions: ${failure}. Next: xiq-siem subscriptions plan says more`]),
    ...(rotating
      ? [
          'a rotation of the secret is under way, or was interrupted. Next: xiq-siem subscriptions rotate-secret goes on',
        ]
      : []),
    ...[...alike.values()].flatMap(subscriptionTrouble),
    ...publicUrl.flatMap(({ what, result, words }) =>
      result === 'wrong' ? [`public URL, ${what.replaceAll('_', ' ')}: ${words}`] : [],
    ),
  ];
}

function subscriptionTrouble(alike: readonly SubscriptionState[]): readonly string[] {
  const [first] = alike;
  if (first === undefined) return [];
  const { state, words } = first;
  const types = alike.map(({ messageType }) => messageType).join(', ');
  const what = `${alike.length === 1 ? 'subscription' : 'subscriptions'} to ${types} ${state}`;
  return [`${what}${words === undefined ? '' : ` (${words})`}. Next: ${next[state]}`];
}

const apply = 'xiq-siem subscriptions apply';
const next: Readonly<Record<SubscriptionState['state'], string>> = {
  missing: apply,
  disabled: apply,
  changed: apply,
  foreign: 'look in ExtremeCloud IQ who made it',
  unknown: '',
  well: '',
};
