import { Secret } from '@xiq-siem/core';
import { expect, it } from 'vitest';
import { holds } from '../rest/same-secret.ts';
import { rotationGuide } from './rotation-guide.ts';
import { modelXiq, noSignal, secret, subscription, target } from './test-xiq.ts';

const next = new Secret('canary-next');
const types = target.messageTypes;
const all = (stored: Secret | undefined) =>
  types.map((type, index) => subscription(type, { id: `${index}`, secret: stored }));

it.each([
  ['not started', [secret], [secret], all(secret), ['unverifiable', 'open', 'open', 'open', 'open']],
  [
    'the receiver does not accept it',
    [secret, next],
    [secret],
    all(secret),
    ['unverifiable', 'done', 'open', 'unverifiable', 'open'],
  ],
  [
    'the new secret is first',
    [next, secret],
    [next, secret],
    all(secret),
    ['unverifiable', 'done', 'done', 'open', 'open'],
  ],
  [
    'the subscriptions have it',
    [next, secret],
    [next, secret],
    all(next),
    ['unverifiable', 'done', 'done', 'unverifiable', 'open'],
  ],
  [
    'ExtremeCloud IQ shows no secrets',
    [next, secret],
    [next, secret],
    all(undefined),
    ['unverifiable', 'done', 'done', 'unverifiable', 'open'],
  ],
])('%s', async (_case, secrets, accepted, found, states) => {
  const ports = { api: modelXiq(found), accepted: async (one: Secret) => holds(accepted, one) };
  const steps = await rotationGuide({ source: 'xiq', kind: 'file', secrets, target }, ports, noSignal);
  expect(steps.map(({ state }) => state)).toEqual(states);
  expect(JSON.stringify(steps)).not.toContain('canary');
});
