import { inspect } from 'node:util';
import { Secret } from '@xiq-siem/core';
import { expect, it, onTestFinished } from 'vitest';
import {
  byLogin,
  byToken,
  collect,
  json,
  noSignal,
  type Responder,
  startFixture,
  text,
  webhookSecret,
} from './test-api.ts';

const desired = {
  application: 'siem',
  url: 'https://hooks.example',
  messageType: 'AUDIT_LOG_ALL',
  secret: new Secret(webhookSecret),
  status: 'ENABLED',
} as const;
const span = { fromMs: 1, toMs: 2 };

/** A server that returns the whole request in every field that we read. */
const echo =
  (status: number): Responder =>
  (response, { authorization = '', body }) => {
    const echoed = `${authorization} ${body} ${encodeURIComponent(body)}`;
    json(response, status, { error_code: echoed, error_id: echoed, error_message: echoed }, { 'X-Echo': 'canary' });
  };
const broken: Responder = (response, { authorization, body }) => text(response, 200, `{"a": ${authorization}${body}`);
const misshapen: Responder = (response, { authorization, body }) =>
  json(response, 200, [{ [`${authorization}`]: body, id: `${authorization}${body}`, secret: webhookSecret }]);
const html: Responder = (response, { authorization, body }) => text(response, 502, `<html>${authorization}${body}`);

const responses: readonly Responder[] = [
  ...[302, 400, 401, 403, 404, 407, 409, 422, 429, 500, 503].map(echo),
  broken,
  misshapen,
  html,
];

it.each([
  ['a long-lived token', byToken, 0],
  ['a refused login', byLogin, 0],
  ['the token of a login', byLogin, 1],
])('no error and no log line contains a secret that the server returns: %s', async (_case, credentials, skipped) => {
  let seen = 0;
  for (const response of responses) {
    const options = { credentials, budget: { maxWaitMs: 0 } };
    const { client, server, log } = await startFixture(onTestFinished, options);
    const calls = [
      () => client.subscriptions.list(noSignal),
      () => client.subscriptions.create([desired], noSignal),
      () => client.subscriptions.update('1', desired, noSignal),
      () => client.subscriptions.delete(['1'], noSignal),
      () => collect(client.logs('audit', span, noSignal)),
      () => client.logout(noSignal),
    ];
    if (skipped > 0) await client.subscriptions.list(noSignal);
    for (const call of calls) {
      server.instead.splice(0, Number.POSITIVE_INFINITY, ...Array.from({ length: 8 }, () => response));
      const error: unknown = await call().catch((reason: unknown) => reason);
      const printed = [inspect(error, { depth: 9, showHidden: true }), String(error), JSON.stringify(log.lines)];
      expect(printed.join('\n')).not.toMatch(/canary|eyJ/);
      if (error instanceof Error) seen++;
    }
  }
  expect(seen).toBeGreaterThan(50);
});

it('a subscription prints without its secret', async () => {
  const { client } = await startFixture(onTestFinished);
  await client.subscriptions.create([desired], noSignal);
  const all = await client.subscriptions.list(noSignal);
  expect(all[0]?.secret?.reveal()).toBe(webhookSecret);
  expect(inspect(all, { depth: 9, showHidden: true }) + JSON.stringify(all)).not.toContain('canary');
});
