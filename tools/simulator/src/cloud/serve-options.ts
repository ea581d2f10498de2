// Parses the command line of the cloud.
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { UsageError } from '../options.ts';
import { optionsSchema, type XiqCloudSettings } from './options.ts';

export const serveHelp = `Usage: simulator --port N [options]

Runs a simulated ExtremeCloud IQ on 127.0.0.1, with a REST API and webhooks.
Prints one line with its URL when it listens. Control it at /_simulator: see
tools/simulator/README.md.

  --port N               0 uses a free port (required)
  --generation FORM      of the subscriptions API: array or page (page)
  --username NAME        of its account (admin@acme.example)
  --password-env NAME    environment variable that holds the account's password
                         (the password is simulator)
  --api-token-env NAME   environment variable that holds a long-lived API token
  --token-lifetime SPAN  lifetime of a login token (24h)
  --requests-per-hour N  rate limit of an account (7500)
  --rate N               events per second that are created automatically (0)
  --types A,B            their message types (all nine)
  --seed N               the same seed produces the same events (1)
  --clock-offset SPAN    offset of its clock: 1h is ahead, =-90s is behind (0s)
  --auth FORM            basic, basic-pair, basic-raw, bearer or bare (basic)
  --connections N        webhooks in flight at once (4)
  --retries N            retries of a webhook after a response but 2xx (0)
  --log-order FORM       newestFirst or oldestFirst (newestFirst)
  --json                 print the line as JSON
  --help`;

export interface ServeOptions {
  readonly json: boolean;
  readonly cloud: XiqCloudSettings;
}

const text = { type: 'string' } as const;
const definitions = {
  port: text,
  generation: text,
  username: { type: 'string', default: 'admin@acme.example' },
  'password-env': text,
  'api-token-env': text,
  'token-lifetime': text,
  'requests-per-hour': text,
  rate: { type: 'string', default: '0' },
  types: text,
  seed: text,
  'clock-offset': { type: 'string', default: '0s' },
  auth: text,
  connections: text,
  retries: text,
  'log-order': text,
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Throws a UsageError. */
export function parseServeOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ServeOptions | 'help' {
  const values = parsed(args);
  if (values.help) return 'help';
  const fromEnvironment = (name: string | undefined): string | undefined => {
    if (name === undefined) return undefined;
    const value = environment[name];
    if (!value) throw new UsageError(`${name} is not set in the environment`);
    return value;
  };
  const lifetime = values['token-lifetime'];
  const { success, data, error } = optionsSchema.safeParse({
    port: numberOf(values.port),
    seed: numberOf(values.seed),
    generation: values.generation,
    accounts: [
      {
        username: values.username,
        password: fromEnvironment(values['password-env']) ?? 'simulator',
        apiToken: fromEnvironment(values['api-token-env']),
      },
    ],
    tokenLifetimeSeconds: lifetime === undefined ? undefined : Math.floor(spanMs('token-lifetime', lifetime) / 1000),
    requestsPerHour: numberOf(values['requests-per-hour']),
    clockOffsetMs: spanMs('clock-offset', values['clock-offset']),
    flow: { eventsPerSecond: numberOf(values.rate), types: values.types?.split(',') },
    logOrder: values['log-order'],
    webhooks: {
      secretForm: values.auth,
      connections: numberOf(values.connections),
      retries: numberOf(values.retries),
    },
  });
  if (!success) throw new UsageError(z.prettifyError(error));
  return { json: values.json, cloud: data };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: definitions, strict: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Text that is not a number is left for the schema to reject. */
function numberOf(given: string | undefined): number | string | undefined {
  return given === undefined || given.trim() === '' || Number.isNaN(Number(given)) ? given : Number(given);
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function spanMs(name: string, given: string): number {
  const [, amount, unit = ''] = /^(-?\d{1,9})(ms|s|m|h|d)$/.exec(given) ?? [];
  const factor = unitMs[unit];
  if (amount !== undefined && factor !== undefined) return Number(amount) * factor;
  throw new UsageError(`--${name}: expected a span such as 90s, -1h or 250ms, not ${given}`);
}
