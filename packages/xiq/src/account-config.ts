// The keys `api` and `subscriptions` of a source: the REST API of ExtremeCloud IQ, and the webhook subscriptions.
import { BlockList, isIP, isIPv6 } from 'node:net';
import { secretReference } from '@xiq-siem/core';
import { z } from 'zod';
import { looksLikeMessageType, messageTypes } from './message-types.ts';

/** The message type of alerts: the end of the URL of their webhook, whose subscription has an API of its own. */
export const alertMessageType = 'ALERT';

const webhookTypes = Object.keys(messageTypes).filter((type) => type !== alertMessageType);

/** All except LOCATION, which has a high volume and personal location data. */
const defaultMessageTypes = webhookTypes.filter((type) => !type.startsWith('LOCATION_'));

/** https, or http for a loopback address, with only host, port and path. */
function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username + password !== '' || /[?#]/.test(text)) return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
}

const urlRule = 'https (http only for a loopback address), without user, password, query or fragment';

export const apiSchema = z
  .strictObject({
    baseUrl: z
      .string()
      .max(2_048)
      .refine(isPlainUrl, `expected a URL such as https://api.extremecloudiq.com: ${urlRule}`)
      .default('https://api.extremecloudiq.com')
      .describe(
        'URL of the REST API of ExtremeCloud IQ in your region, or of a simulator (http only for a loopback address).',
      ),
    token: secretReference.optional().describe('A long-lived API token. Instead of it: `username` and `password`.'),
    username: secretReference.optional().describe('Name of a user. Used with `password` instead of `token`.'),
    password: secretReference.optional().describe('Password of the user.'),
    requestsPerHour: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(7_500)
      .describe('API requests per hour for the connector. An account has 7500 for all of its API clients.'),
  })
  .superRefine(({ token, username, password }, { addIssue }) => {
    const fault = (message: string, ...path: readonly string[]) =>
      addIssue({ code: 'custom', path: [...path], message });
    if (token !== undefined) {
      if (username !== undefined) fault('set either token, or username and password: remove one of them', 'username');
      if (password !== undefined) fault('set either token, or username and password: remove one of them', 'password');
    } else if (username === undefined && password === undefined) {
      fault('no credentials: expected token, or username and password, each as { env: NAME } or { file: path }');
    } else if (username === undefined) fault('username is missing: password needs it', 'username');
    else if (password === undefined) fault('password is missing: username needs it', 'password');
  });

/** The URL of a subscription adds a slash and the message type. */
const endsInSource = /\/webhooks\/[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

const messageType = z
  .string()
  .refine(looksLikeMessageType, `expected a message type such as ${webhookTypes.join(', ')}`)
  .refine((type) => type !== alertMessageType, `${alertMessageType} is not one of them: set alerts: true instead`);

export const subscriptionsSchema = z.strictObject({
  application: z
    .string()
    .regex(
      /^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/,
      'expected 1 to 64 printable ASCII characters, no space at an end',
    )
    .describe(
      'Application name of the subscriptions in ExtremeCloud IQ. The connector changes only subscriptions with this name and `publicUrl`.',
    ),
  publicUrl: z
    .string()
    .max(2_048)
    .refine(isPlainUrl, `expected a URL such as https://hooks.example/webhooks/xiq: ${urlRule}`)
    .refine(
      (text) => !URL.canParse(text) || endsInSource.test(text),
      'expected it to end in /webhooks/ and the name of the source, without a slash or message type after it',
    )
    .describe('URL at which ExtremeCloud IQ reaches this source. Each subscription adds a slash and its message type.'),
  messageTypes: z
    .array(messageType)
    .min(1)
    .max(64)
    .refine((types) => new Set(types).size === types.length, 'each message type once')
    .default(defaultMessageTypes)
    .describe('Message types to subscribe to. Default: all except the two LOCATION types.'),
  alerts: z
    .boolean()
    .default(false)
    .describe(
      'Whether to subscribe to the alerts of all alert policies as well, with the URL `publicUrl`/ALERT. An alert subscription has no application name: the connector changes only those with `publicUrl`.',
    ),
  reconcile: z
    .enum(['report', 'apply'])
    .default('report')
    .describe(
      'Action for a subscription that is missing, disabled or changed: `report` it, or report it and fix it (`apply`).',
    ),
  everyMinutes: z
    .int()
    .min(1)
    .max(1_440)
    .default(15)
    .describe('Minutes between two checks of the subscriptions and the public URL.'),
  backfill: z
    .enum(['auto', 'manual'])
    .default('manual')
    .describe(
      'Whether gaps are filled from the REST logs automatically. Set `auto` only after `xiq-siem completeness` has reported an hour as complete: this shows that log entries and webhooks of your account can be paired.',
    ),
  settleMinutes: z
    .int()
    .min(0)
    .max(1_440)
    .default(10)
    .describe(
      'Minimum age in minutes of log entries that are read by REST. The log of a later time may still be incomplete.',
    ),
});

export type XiqApiConfig = z.output<typeof apiSchema>;
export type SubscriptionsConfig = z.output<typeof subscriptionsSchema>;

/** The host of a URL without the brackets of IPv6. */
export const bareHost = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

export function isLoopbackHost(hostname: string): boolean {
  const host = bareHost(hostname);
  return host === 'localhost' || (isIP(host) !== 0 && loopback.check(host, isIPv6(host) ? 'ipv6' : 'ipv4'));
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');
