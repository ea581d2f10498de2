// Parses the command line of the simulator.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type AuthorizationForm, authorizationForms } from './authorization.ts';
import { defaultStartTimeMs, type GenerateOptions } from './bodies.ts';
import { messageTypes, type SentType, sentTypes } from './message-types.ts';
import { type ScenarioName, scenarioNames, scenarioSpanMs } from './scenarios.ts';
import { shapeSets, shapes } from './shapes/shapes.ts';
import { envelopes } from './shapes/wire.ts';

export const help = `Usage: xiq-siem simulate (--secret-file PATH | --secret-env NAME) [options]

Sends simulated ExtremeCloud IQ webhooks and reports the responses. One of
--secret-file and --secret-env is required.

  --secret-file PATH  file that contains the webhook secret
  --secret-env NAME   environment variable that contains it
  --url URL           target URL (http://127.0.0.1:8080/webhooks/xiq)
  --path FORM         typed: add the message type to the URL; catch-all: do not
                      (typed)
  --auth FORM         basic (user xiq), bearer or bare (basic)
  --rate N            events per second; 0: at the maximum rate (10)
  --count N           number of events; 0: until stopped (100)
  --connections N     requests in flight at once (4)
  --types A,B         message types, or ALERT (the nine; ALERT as well with
                      --shapes all)
  --seed N            the same seed produces the same bodies (1)
  --batch N           maximum number of elements in an array body (10)
  --casing FORM       camel, snake or mixed (mixed)
  --shapes A,B        plain, all, or some of the sets below (plain)
  --envelope FORM     data, message, events, records or nested (none)
  --scenario A,B      attacks instead of random events: all, or some of
                      ${scenarioNames.join(', ')}
  --start-time TIME   time of the first event, ISO 8601 or now
                      (2026-01-01T00:00:00Z)
  --receipts FILE     append each receipt of a 202 response to FILE, as a JSON
                      line
  --json              print the summary as JSON
  --help

Shapes, in which ExtremeCloud IQ may send events beyond the plain ones:
${shapes.map((shape) => `  ${shape.padEnd(10)} ${shapeSets[shape]}`).join('\n')}

The summary of --scenario says what a query must find. A scenario has its own
number and types of events; --shapes content, gaps and times do not change it.

With --port N it simulates a complete ExtremeCloud IQ instead: see
--port 0 --help.

Exit: 0 if every response was 202, 1 if not, 64 if the command line is wrong.`;

export interface Options {
  readonly json: boolean;
  readonly url: URL;
  readonly typedPath: boolean;
  readonly form: AuthorizationForm;
  readonly secret: string;
  readonly rate: number;
  readonly connections: number;
  readonly receiptsPath: string | undefined;
  readonly generate: GenerateOptions;
  /** Not empty: sent instead of random events. */
  readonly scenarios: readonly ScenarioName[];
}

/** A wrong command line; the message says what is expected. */
export class UsageError extends Error {}

const definitions = {
  url: { type: 'string', default: 'http://127.0.0.1:8080/webhooks/xiq' },
  'secret-file': { type: 'string' },
  'secret-env': { type: 'string' },
  path: { type: 'string', default: 'typed' },
  auth: { type: 'string', default: 'basic' },
  rate: { type: 'string', default: '10' },
  count: { type: 'string' },
  connections: { type: 'string', default: '4' },
  types: { type: 'string' },
  seed: { type: 'string', default: '1' },
  batch: { type: 'string', default: '10' },
  casing: { type: 'string', default: 'mixed' },
  shapes: { type: 'string', default: 'plain' },
  envelope: { type: 'string' },
  scenario: { type: 'string' },
  'start-time': { type: 'string', default: new Date(defaultStartTimeMs).toISOString() },
  receipts: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Throws a UsageError. */
export function parseOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  nowMs: number,
): Options | 'help' {
  const values = parsed(args);
  if (values.help) return 'help';
  const rate = numberOf('rate', values.rate, 0, 10_000_000);
  const count = integerOf('count', values.count ?? '100', 0);
  const scenarios = values.scenario === undefined ? [] : someOf('scenario', values.scenario, scenarioNames);
  if (scenarios.length > 0 && (values.count ?? values.types) !== undefined) {
    throw new UsageError('--scenario: has its own number and types of events; remove --count and --types');
  }
  const shapesGiven = values.shapes === 'plain' ? [] : someOf('shapes', values.shapes, shapes);
  return {
    json: values.json,
    url: urlOf(values.url),
    typedPath: oneOf('path', values.path, ['typed', 'catch-all']) === 'typed',
    form: oneOf('auth', values.auth, authorizationForms),
    secret: secretOf(values['secret-file'], values['secret-env'], environment),
    rate,
    connections: integerOf('connections', values.connections, 1, 1024),
    receiptsPath: values.receipts,
    scenarios,
    generate: {
      seed: integerOf('seed', values.seed, 0),
      count,
      types: values.types === undefined ? defaultTypes(values.shapes) : someOf('types', values.types, sentTypes),
      batch: integerOf('batch', values.batch, 1, 100_000),
      casing: oneOf('casing', values.casing, ['camel', 'snake', 'mixed']),
      shapes: shapesGiven,
      envelope: values.envelope === undefined ? undefined : oneOf('envelope', values.envelope, envelopes),
      ...timesOf(values['start-time'], rate, count, nowMs, scenarios.length > 0),
    },
  };
}

function defaultTypes(shapesText: string): readonly SentType[] {
  return shapesText === 'all' ? sentTypes : messageTypes;
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: definitions, strict: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** With `now`, simulated time follows real time; where it cannot, the last event is about now. */
function timesOf(text: string, rate: number, count: number, nowMs: number, isScenario: boolean) {
  if (text !== 'now') {
    const startTimeMs = Date.parse(text);
    if (Number.isNaN(startTimeMs)) throw new UsageError(`--start-time: expected ISO 8601 or now, not ${text}`);
    return { startTimeMs };
  }
  if (isScenario) return { startTimeMs: nowMs - scenarioSpanMs };
  if (rate > 0) return { startTimeMs: nowMs, stepMs: 1000 / rate };
  if (count === 0) throw new UsageError('--start-time now requires --rate or --count');
  return { startTimeMs: nowMs - count * 1000 };
}

function secretOf(
  file: string | undefined,
  name: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if ((file === undefined) === (name === undefined)) {
    throw new UsageError('expected one of --secret-file PATH and --secret-env NAME');
  }
  const secret = name === undefined ? readSecret(file ?? '') : environment[name];
  if (!secret) throw new UsageError(name === undefined ? `${file} is empty` : `${name} is not set in the environment`);
  return secret;
}

function readSecret(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`--secret-file: ${error instanceof Error ? error.message : path}`);
  }
}

function urlOf(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`--url: expected http://… or https://…, not ${text}`);
  if (url.username || url.password)
    throw new UsageError('--url: must not contain a user or password; use --secret-file');
  return url;
}

function oneOf<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new UsageError(`--${name}: expected ${choices.join(' or ')}, not ${text}`);
  return found;
}

/** A list; `all` is every choice. */
function someOf<T extends string>(name: string, text: string, choices: readonly T[]): readonly T[] {
  if (text === 'all') return choices;
  return text.split(',').map((part) => {
    const found = choices.find((choice) => choice === part);
    if (found !== undefined) return found;
    throw new UsageError(`--${name}: unknown ${part}; expected all or some of ${choices.join(', ')}`);
  });
}

function numberOf(name: string, text: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const number = Number(text);
  if (text.trim() !== '' && number >= least && number <= most) return number;
  throw new UsageError(`--${name}: expected a number from ${least} to ${most}, not ${text}`);
}

function integerOf(name: string, text: string, least: number, most?: number): number {
  const number = numberOf(name, text, least, most);
  if (Number.isInteger(number)) return number;
  throw new UsageError(`--${name}: expected a whole number, not ${text}`);
}
