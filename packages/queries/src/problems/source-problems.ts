// The problems of the senders: refused and missing webhooks, subscriptions, the public URL, the API.
import type { Problem, ProblemCode, SourceState, Status, SubscriptionState } from '@xiq-siem/admin-api';
import { ago, counted, duration, newProblem, sentence } from './problem.ts';

type Context = Pick<Status, 'at' | 'started' | 'unknownPaths'>;

export function sourceProblems(source: SourceState, status: Context): readonly Problem[] {
  const { name, api, notRouted, datasetsNotRouted = [] } = source;
  const subject = { kind: 'source', name } as const;
  const problems = [...refusedWebhooks(source, status), ...silence(source, status)];
  if (notRouted === true) {
    const summary = `no destination accepts the events of source ${name}`;
    const text = 'no destination accepts its events (see `where` of each destination)';
    problems.push(newProblem('filter_matches_nothing', { subject, summary, text }));
  }
  if (datasetsNotRouted.length > 0) {
    const [only = ''] = datasetsNotRouted;
    const events = datasetsNotRouted.length === 1 ? only : counted(datasetsNotRouted.length, 'dataset');
    const text = `no destination accepts its events of ${datasetsNotRouted.join(', ')}`;
    const summary = `events of ${events} of source ${name} go to no destination`;
    problems.push(newProblem('datasets_not_routed', { subject, summary, text }));
  }
  if (api === undefined) return problems;
  const { subscriptions, publicUrl, failure, rotating = false } = api;
  if (failure !== undefined) {
    const text = `subscriptions cannot be checked: ${sentence(failure)}`;
    problems.push(newProblem('api_failing', { subject, summary: `of source ${name} fails`, text }));
  }
  if (rotating) {
    const text = 'the rotation of the secret is not complete';
    problems.push(
      newProblem('rotation_incomplete', { subject, summary: `of the secret of ${name} not complete`, text }),
    );
  }
  const failed = publicUrl.filter(({ result }) => result === 'failed');
  if (failed.length > 0) {
    const checks = failed.map(({ what }) => what.replaceAll('_', ' ')).join(', ');
    const reasons = failed.map(({ what, message }) => `${what.replaceAll('_', ' ')}: ${sentence(message)}`).join(' ');
    problems.push(
      newProblem('public_url_failed', {
        subject,
        summary: `of source ${name} failed: ${checks}`,
        text: `public URL, ${reasons}`,
      }),
    );
  }
  // Subscriptions with the same problem share one.
  const same = Map.groupBy(subscriptions, ({ state, message = '' }) => `${state} ${message}`);
  return [...problems, ...[...same.values()].flatMap((group) => subscriptionProblem(name, group))];
}

/** Requests of the last hour to paths that are no webhook path. */
export function pathProblems({ at, unknownPaths = [] }: Context): readonly Problem[] {
  const recent = unknownPaths.filter(({ lastHour }) => lastHour > 0);
  const [last] = recent
    .map((one) => one.last)
    .sort()
    .reverse();
  if (last === undefined) return [];
  const count = recent.reduce((sum, { lastHour }) => sum + lastHour, 0);
  const paths = recent.map(({ path }) => path).join(', ');
  const requests = `${counted(count, 'request')} to unknown paths`;
  const text = `${requests} in the last hour, the last ${ago(at, last)}: ${paths}`;
  const next =
    'if the sender is ExtremeCloud IQ, correct the URL of its subscription: /webhooks/<source>/<MESSAGE_TYPE>';
  return [newProblem('webhooks_refused', { subject: { kind: 'connector' }, summary: requests, text, next })];
}

function refusedWebhooks({ name, refused = [] }: SourceState, { at }: Context): readonly Problem[] {
  const subject = { kind: 'source', name } as const;
  return withOneCause(refused)
    .filter(({ lastHour }) => lastHour > 0)
    .map(({ status, code, total, lastHour, last }) => {
      const reason = reasons[code] ?? code.replaceAll('_', ' ');
      const requests = counted(lastHour, 'request');
      const since = total === lastHour ? '' : `, ${total.toLocaleString('en-US')} since the start`;
      const text = `${requests} refused in the last hour (${status}: ${reason})${since}; the last ${ago(at, last)}`;
      const next = nextFor[code];
      return newProblem(code === 'unauthorized' ? 'credentials_refused' : 'webhooks_refused', {
        subject,
        summary: `${requests} to source ${name} (${reason})`,
        text,
        next,
      });
    });
}

type Refused = NonNullable<SourceState['refused']>;

/** 429 is the response to an address with too many wrong secrets: the same cause as 401. */
function withOneCause(refused: Refused): Refused {
  const isWrongSecret = ({ code }: Refused[number]): boolean => code === 'unauthorized' || code === 'too_many_refusals';
  const [first, ...others] = refused.filter(isWrongSecret);
  if (first === undefined) return refused;
  const both = [first, ...others];
  const merged = {
    ...{ status: 401, code: 'unauthorized' },
    total: both.reduce((sum, { total }) => sum + total, 0),
    lastHour: both.reduce((sum, { lastHour }) => sum + lastHour, 0),
    last:
      both
        .map(({ last }) => last)
        .sort()
        .at(-1) ?? first.last,
  };
  return [merged, ...refused.filter((one) => !isWrongSecret(one))];
}

const reasons: Readonly<Record<string, string>> = {
  unauthorized: 'wrong secret or none',
  body_too_large: 'raise server.maxBodyBytes; a source with an API token can fetch these events: `xiq-siem backfill`',
  secret_unavailable: 'the secret of the source cannot be read',
  overloaded: 'more than server.maxInFlightBytes in flight',
};

const nextFor: Readonly<Record<string, string>> = {
  unauthorized: 'compare the secret of the sender with the one of this source; the log has the addresses',
  body_too_large: 'raise server.maxBodyBytes; a source with an API token can fetch these events: `xiq-siem backfill`',
  secret_unavailable: 'check the file or the variable of the secret (`xiq-siem validate`)',
  overloaded: 'raise server.maxInFlightBytes, or limit the rate of the sender',
};

function silence(
  { name, lastReceived, silentAfterSeconds }: SourceState,
  { at, started }: Context,
): readonly Problem[] {
  const since = lastReceived ?? started;
  if (silentAfterSeconds === undefined || since === undefined || started === undefined) return [];
  const secondsSince = (time: string): number => (Date.parse(at) - Date.parse(time)) / 1000;
  const seconds = secondsSince(since);
  // After a downtime a source gets the time to send again.
  if (seconds <= silentAfterSeconds || secondsSince(started) <= Math.min(silentAfterSeconds, 3_600)) return [];
  const text = `no webhook for ${duration(seconds)}${lastReceived === undefined ? ' (since the start)' : ''}`;
  return [newProblem('source_silent', { subject: { kind: 'source', name }, summary: `${name} (${text})`, text })];
}

type Faulty = Exclude<SubscriptionState['state'], 'ok' | 'unknown'>;

const codes: Readonly<Record<Faulty, ProblemCode>> = {
  missing: 'subscription_missing',
  disabled: 'subscription_disabled',
  changed: 'subscription_changed',
  foreign: 'subscription_changed',
};

function subscriptionProblem(source: string, group: readonly SubscriptionState[]): readonly Problem[] {
  const [first] = group;
  if (first === undefined || first.state === 'ok' || first.state === 'unknown') return [];
  const { state, message } = first;
  const problem = state === 'foreign' ? 'not created by this connector' : state;
  const types = group.map(({ messageType }) => messageType).join(', ');
  const noun = group.length === 1 ? 'subscription' : 'subscriptions';
  const reason = message === undefined ? '' : ` (${message})`;
  const next = state === 'foreign' ? 'find its owner in ExtremeCloud IQ' : '`xiq-siem subscriptions apply`';
  return [
    newProblem(codes[state], {
      subject: { kind: 'source', name: source },
      summary: `${group.length} of source ${source} ${problem}`,
      text: `${noun} to ${types} ${problem}${reason}`,
      next,
    }),
  ];
}
