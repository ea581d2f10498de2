// The keys `api` and `subscriptions` of a source: how we reach ExtremeCloud IQ, and what it is to send.
import { BlockList, isIP, isIPv6 } from 'node:net';
import { secretReference } from '@xiq-siem/core';
import { z } from 'zod';
import { looksLikeMessageType, messageTypes } from './message-types.ts';

/** All but LOCATION: that is a flood, and about where people are. */
const defaultMessageTypes = Object.keys(messageTypes).filter((type) => !type.startsWith('LOCATION_'));

/** https, or http where it stays on this machine; nothing in it but host, port and path. */
function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username + password !== '' || /[?#]/.test(text)) return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
}

const urlText = 'https (http only for a loopback address), without user, password, query or fragment';

export const apiSchema = z
  .strictObject({
    baseUrl: z
      .string()
      .max(2_048)
      .refine(isPlainUrl, `expected a URL such as https://api.extremecloudiq.com: ${urlText}`)
      .default('https://api.extremecloudiq.com')
      .describe('The REST API of ExtremeCloud IQ: of your region, or of a simulator (http for loopback alone).'),
    token: secretReference.optional().describe('A long-lived API token. Or `username` and `password`.'),
    username: secretReference.optional().describe('Name of a user, with `password`, instead of `token`.'),
    password: secretReference.optional().describe("The user's password."),
    requestsPerHour: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(7_500)
      .describe('Requests that we may use in an hour. An account has 7500, shared by all that use its API.'),
  })
  .superRefine(({ token, username, password }, { addIssue }) => {
    const fault = (message: string, ...path: readonly string[]) =>
      addIssue({ code: 'custom', path: [...path], message });
    if (token !== undefined) {
      if (username !== undefined) fault('either token, or username and password: take one out', 'username');
      if (password !== undefined) fault('either token, or username and password: take one out', 'password');
    } else if (username === undefined && password === undefined) {
      fault('no credentials: expected token, or username and password, each as { env: NAME } or { file: path }');
    } else if (username === undefined) fault('username is missing: password needs it', 'username');
    else if (password === undefined) fault('password is missing: username needs it', 'password');
  });

/** Ends where the URL of a subscription goes on with its message type. */
const endsInSource = /\/webhooks\/[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

const messageType = z
  .string()
  .refine(looksLikeMessageType, `expected a message type such as ${Object.keys(messageTypes).join(', ')}`);

export const subscriptionsSchema = z.strictObject({
  application: z
    .string()
    .regex(
      /^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/,
      'expected 1 to 64 printable ASCII characters, no space at an end',
    )
    .describe(
      'Name that our subscriptions carry in ExtremeCloud IQ: only those of this name and of `publicUrl` are ours.',
    ),
  publicUrl: z
    .string()
    .max(2_048)
    .refine(isPlainUrl, `expected a URL such as https://hooks.example/webhooks/xiq: ${urlText}`)
    .refine(
      (text) => !URL.canParse(text) || endsInSource.test(text),
      'expected it to end in /webhooks/ and the name of the source, with neither a slash nor a message type behind it',
    )
    .describe('Where ExtremeCloud IQ reaches this source; each subscription adds a slash and its message type.'),
  messageTypes: z
    .array(messageType)
    .min(1)
    .max(64)
    .refine((types) => new Set(types).size === types.length, 'each message type once')
    .default(defaultMessageTypes)
    .describe('What to subscribe to. Default: all but the two LOCATION types.'),
  reconcile: z
    .enum(['report', 'apply'])
    .default('report')
    .describe('What is done about a subscription that is missing, disabled or changed: say so, or mend it as well.'),
  everyMinutes: z
    .int()
    .min(1)
    .max(1_440)
    .default(15)
    .describe('How often subscriptions and public URL are looked at, in minutes.'),
  backfill: z
    .enum(['auto', 'manual'])
    .default('manual')
    .describe(
      'Whether a gap is filled from the REST logs by itself. Turn it on once `completeness` has said whole: only then is it known that both forms of an event get one id in your account.',
    ),
  settleMinutes: z
    .int()
    .min(0)
    .max(1_440)
    .default(10)
    .describe('Age that a log entry has before it is read by REST, in minutes: younger ones may still get company.'),
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
