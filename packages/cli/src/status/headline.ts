// Derives the headline of `status`, its exit code, and the problems of each destination and source.
import type { DestinationState, Incident, SourceState, Status, SubscriptionState } from '@xiq-siem/admin-api';
import type { Colour } from '../terminal/colours.ts';
import { counted } from '../terminal/units.ts';

export interface Headline {
  readonly text: string;
  readonly colour: Colour;
}

export function headlineOf({ reconciled, accepting, destinations, gaps, journal, incidents }: Status): Headline {
  if (!reconciled) {
    const unaccounted = destinations.reduce((total, destination) => total + unaccountedOf(destination), 0);
    // Unaccounted events can be dead letters that the state file lost: the incidents say so.
    const causes = incidents.map((incident) => `; ${incidentText(incident)}`).join('');
    return { text: `ACCOUNTING MISMATCH: ${counted(unaccounted, 'event')} unaccounted for${causes}`, colour: 'red' };
  }
  const lost = journal.lost.reduce((total, { bodies = 1 }) => total + bodies, 0);
  const evicted = bodiesOf(gaps.filter(({ reason }) => reason === undefined));
  // Until a restart the journal names them too.
  const missing = lost > 0 ? 0 : bodiesOf(gaps.filter(({ reason }) => reason !== undefined));
  const isSummed = new Set(gaps.map(({ destination }) => destination)).size > 1;
  const perDestination = isSummed ? ' (counted once per destination)' : '';
  const parts = [
    ...(lost > 0 ? [`${counted(lost, 'stored request')} cannot be read`] : []),
    ...(missing > 0 ? [`${counted(missing, 'request')} lost before a destination had them${perDestination}`] : []),
    ...(evicted > 0 ? [`${counted(evicted, 'request')} evicted before a destination had them${perDestination}`] : []),
    ...incidents.filter(({ lost: entries }) => entries !== 0).map(incidentText),
  ];
  if (parts.length > 0) return { text: `LOST: ${parts.join(', ')}; all other events are accounted for`, colour: 'red' };
  // All destinations read the same requests: a sum over destinations would count a request several times.
  const damaged = Math.max(0, ...destinations.map(({ counters }) => counters.damaged));
  const warnings = [
    ...(damaged > 0 ? [`${counted(damaged, 'request')} damaged or evicted`] : []),
    ...incidents.map(incidentText),
  ];
  if (warnings.length > 0) return { text: `Every event is accounted for; ${warnings.join(', ')}`, colour: 'yellow' };
  // Nothing stored is lost, but senders are refused: not green.
  const colour = accepting?.ok === false ? 'yellow' : 'green';
  return { text: 'Nothing is lost: every event is accounted for', colour };
}

const bodiesOf = (gaps: Status['gaps']): number => gaps.reduce((total, { bodies }) => total + bodies, 0);

const unaccountedOf = ({ counters, deadLetters }: DestinationState): number =>
  Math.abs(counters.unaccounted) + Math.abs(deadLetters.unaccounted);

function incidentText({ kind, reason, lost }: Incident): string {
  if (kind === 'position') return reason;
  if (kind === 'journal') {
    return `${lost === undefined ? 'an unknown number of requests' : counted(lost, 'request')} (${reason})`;
  }
  if (kind === 'migrated') return `${lost} records or files could not be migrated`;
  const what = lost === undefined ? 'an unknown number of dead letters' : counted(lost, 'dead letter');
  const problem = kind === 'outdated' ? 'does not match the positions (was a backup restored?)' : `was ${kind}`;
  return `the state file ${problem}: ${lost === 0 ? 'no dead letters' : what} lost`;
}

/** True if `status` exits 1. Damaged events and back-off only warn. */
export function needsOperator(status: Status): boolean {
  const { reconciled, accepting, gaps, incidents, notConfigured, deadLetters, journal } = status;
  const { destinations, sources = [] } = status;
  return (
    !reconciled ||
    // A stopped connector accepts nothing.
    accepting?.ok !== true ||
    deadLetters.open > 0 ||
    gaps.length > 0 ||
    incidents.length > 0 ||
    status.clockStep !== undefined ||
    journal.lost.length > 0 ||
    notConfigured.length > 0 ||
    destinations.some(({ state, blocked }) => state === 'paused' || blocked !== undefined) ||
    sources.some((source) => sourceProblems(source).length > 0)
  );
}

/** One line for each problem. The caller must escape the result before printing. */
export function problemsOf(destination: DestinationState, incidents: readonly Incident[] = []): readonly string[] {
  const { name, counters, deadLetters } = destination;
  const option = `--destination ${name}`;
  return [
    ...stateProblem(destination),
    ...blockedProblem(destination),
    ...unaccountedProblem(destination, incidents),
    ...(counters.damaged === 0
      ? []
      : [
          `${counted(counters.damaged, 'request')} damaged (cannot be read or normalized) or evicted. Next: find the cause in the ` +
            'log. If the mapping was the cause, fix it, then run xiq-siem replay for their time',
        ]),
    ...(deadLetters.open === 0
      ? []
      : [
          `${counted(deadLetters.open, 'dead letter')}. ` +
            `Next: xiq-siem dlq list ${option}, fix the cause, then xiq-siem dlq retry ${option}`,
        ]),
  ];
}

function unaccountedProblem(destination: DestinationState, [incident]: readonly Incident[]): readonly string[] {
  const { counters, deadLetters } = destination;
  const events = unaccountedOf(destination);
  if (events === 0) return [];
  if (incident === undefined || counters.unaccounted !== 0 || deadLetters.unaccounted < 0) {
    return [`${counted(events, 'event')} unaccounted for. Next: keep the data directory and report a bug`];
  }
  return [
    `${counted(events, 'dead letter')} lost with the state file. Next: stop the connector and restore the file from a ` +
      'backup; without a backup, run xiq-siem replay for the time of these events, then ' +
      `xiq-siem status --acknowledge ${incident.id}`,
  ];
}

const sentence = (text: string): string => (text.endsWith('.') ? text : `${text}.`);

function stateProblem({ name, type, state, reason = 'unknown', lastFailure }: DestinationState): readonly string[] {
  if (state !== 'paused' && state !== 'backing_off') return [];
  const failure = lastFailure?.message === undefined ? [] : [lastFailure.code, lastFailure.message];
  const cause = sentence([...new Set([reason, ...failure])].join(': '));
  if (reason === 'dead_letters_full') {
    return [`${cause} Next: free space with xiq-siem dlq retry or dlq drop, or raise deadLetters.maxBytes`];
  }
  if (reason === 'dead_letters_write_failed') {
    return [`${cause} Next: check the disk of the data directory. The connector retries automatically`];
  }
  if (state === 'backing_off') return [`${cause} The connector retries automatically. To test: xiq-siem check`];
  const needsSetup = type === 'elasticsearch' && /template|index|mapping|pipeline/.test(cause);
  const fix = needsSetup ? `xiq-siem setup ${name}` : 'fix the cause (xiq-siem check shows it)';
  return [`${cause} Next: ${fix}. ${retriesText(name)}`];
}

const retriesText = (name: string): string =>
  `The connector retries automatically; at once with xiq-siem destination resume ${name}`;

function blockedProblem({ name, blocked }: DestinationState): readonly string[] {
  if (blocked === undefined) return [];
  const cause = blocked.message === undefined ? blocked.code : `${blocked.code}: ${blocked.message}`;
  return [`${counted(blocked.events, 'event')} blocked (${cause}). Next: fix the cause. ${retriesText(name)}`];
}

/** One line for each problem. The caller must escape the result before printing. */
export function sourceProblems({ api }: Pick<SourceState, 'api'>): readonly string[] {
  if (api === undefined) return [];
  const { subscriptions, publicUrl, failure, rotating = false } = api;
  const withProblems = subscriptions.filter(({ state }) => state !== 'ok' && state !== 'unknown');
  const sameProblem = Map.groupBy(withProblems, ({ state, message = '' }) => `${state} ${message}`);
  return [
    ...(failure === undefined
      ? []
      : [`subscriptions cannot be checked: ${sentence(failure)} Next: xiq-siem subscriptions plan`]),
    ...(rotating ? ['the rotation of the secret is not complete. Next: xiq-siem subscriptions rotate-secret'] : []),
    ...[...sameProblem.values()].flatMap(subscriptionProblem),
    ...publicUrl.flatMap(({ what, result, message }) =>
      result === 'failed' ? [`public URL, ${what.replaceAll('_', ' ')}: ${message}`] : [],
    ),
  ];
}

function subscriptionProblem(subscriptions: readonly SubscriptionState[]): readonly string[] {
  const [first] = subscriptions;
  if (first === undefined) return [];
  const { state, message } = first;
  const types = subscriptions.map(({ messageType }) => messageType).join(', ');
  const problem = state === 'foreign' ? 'not created by this connector' : state;
  const what = `${subscriptions.length === 1 ? 'subscription' : 'subscriptions'} to ${types} ${problem}`;
  return [`${what}${message === undefined ? '' : ` (${message})`}. Next: ${nextStep[state]}`];
}

const apply = 'xiq-siem subscriptions apply';
const nextStep: Readonly<Record<SubscriptionState['state'], string>> = {
  missing: apply,
  disabled: apply,
  changed: apply,
  foreign: 'find its owner in ExtremeCloud IQ',
  unknown: '',
  ok: '',
};
