import { setImmediate } from 'node:timers/promises';
import { type Configuration, checkConfiguration, parseYaml } from '@xiq-siem/config';
import { testRegistry as registry } from '@xiq-siem/config/test-registry';
import { documentNames, type State } from '@xiq-siem/state';
import { openTestState } from '@xiq-siem/state/test-state';
import { createManualClock, createRecordingLogger } from '@xiq-siem/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { openOrganizations, startOrganizationWatch } from './organizations.ts';
import type { AccountIdentity } from './rest/account-identity.ts';
import { xiqError } from './rest/api-errors.ts';
import { testAccount } from './test-account.ts';
import type { XiqAccount } from './xiq-account.ts';

const acme = { id: '1091', name: 'ACME-BERLIN' };
const other = { id: '9007199254740993', name: undefined };
const quarterMs = 900_000;

/** The sources with an API, each with its token. */
async function configured(tokens: Readonly<Record<string, string>>): Promise<Configuration> {
  const sources = Object.entries(tokens).map(
    ([name, token]) => `  ${name}: { type: xiq, api: { token: { env: ${token} } } }`,
  );
  const yaml = parseYaml('c.yaml', `sources:\n  plain: { type: xiq }\n${sources.join('\n')}`);
  const result = await checkConfiguration(yaml, '/etc/x/c.yaml', '/etc/x', registry, {});
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.configuration;
}

/** The account of a source; `identity` is what its API responds. */
function accountOf(source: string, token: string, identity: () => AccountIdentity) {
  const test = testAccount();
  test.identity = identity;
  const config = {
    ...test.account.config,
    baseUrl: 'https://api.extremecloudiq.com',
    token: { env: token, optional: false },
  };
  return { ...test.account, source, config };
}

const fails = (code: 'xiq_unavailable' | 'xiq_forbidden') => () => {
  throw xiqError(code, `Reading the account: ${code}`);
};

async function started(state: State, tokens: Readonly<Record<string, string>>, first: readonly XiqAccount[]) {
  const organizations = await openOrganizations(state.documents, await configured(tokens));
  let accounts = first;
  const clock = createManualClock();
  const log = createRecordingLogger();
  const parts = { accounts: () => new Map(accounts.map((one) => [one.source, one])), organizations, clock, log };
  return {
    clock,
    log,
    of: organizations.organizationOf,
    start() {
      const watch = startOrganizationWatch(parts);
      onTestFinished(() => watch.stop());
      return watch;
    },
    configure(next: readonly XiqAccount[]) {
      accounts = next;
    },
    /** Waits until nothing but the clock is waited for. */
    async idle() {
      while (clock.sleepers() === 0) await setImmediate();
    },
  };
}

it('reads the account of each source, and remembers it over a restart before the API answers', async () => {
  const state = await openTestState();
  const tokens = { one: 'T', two: 'U' };
  const first = await started(state, tokens, [accountOf('one', 'T', () => acme), accountOf('two', 'U', () => other)]);
  expect([first.of('one'), first.of('plain')]).toEqual([undefined, undefined]);
  first.start();
  await first.idle();
  expect([first.of('one'), first.of('two'), first.of('plain')]).toEqual([acme, other, undefined]);
  expect(first.log.of('organization.identified')).toMatchObject([
    { attributes: { source: 'one', ...acme } },
    { attributes: { source: 'two', id: other.id } },
  ]);

  const second = await started(state, tokens, [accountOf('one', 'T', fails('xiq_unavailable'))]);
  expect([second.of('one'), second.of('two')]).toEqual([acme, other]);
  second.start();
  await second.idle();
  expect(second.of('one')).toEqual(acme);
});

it('a failure is logged once, and tried again until it succeeds; nothing waits for it', async () => {
  const state = await openTestState();
  let identity: () => AccountIdentity = fails('xiq_forbidden');
  let reads = 0;
  const account = accountOf('one', 'T', () => {
    reads++;
    return identity();
  });
  const { of, start, idle, clock, log } = await started(state, { one: 'T' }, [account]);
  start();
  await idle();
  await clock.advance(2 * quarterMs);
  expect([of('one'), reads]).toEqual([undefined, 3]);
  expect(log.of('organization.read_failed')).toMatchObject([
    { level: 'warn', attributes: { source: 'one', code: 'xiq_forbidden' } },
  ]);
  identity = () => acme;
  await clock.advance(quarterMs);
  await idle();
  expect([of('one'), reads]).toEqual([acme, 4]);
});

it('reads again once a day, and stores what has changed', async () => {
  const state = await openTestState();
  let identity = acme;
  let reads = 0;
  const account = accountOf('one', 'T', () => {
    reads++;
    return identity;
  });
  const { of, start, idle, clock, log } = await started(state, { one: 'T' }, [account]);
  start();
  await idle();
  await clock.advance(95 * quarterMs);
  expect(reads).toBe(1);
  identity = { ...acme, name: 'ACME-PARIS' };
  await clock.advance(quarterMs);
  await idle();
  expect([reads, of('one')]).toEqual([2, identity]);
  await clock.advance(96 * quarterMs);
  expect([reads, log.of('organization.identified').length]).toEqual([3, 2]);
  expect((await openOrganizations(state.documents, await configured({ one: 'T' }))).organizationOf('one')).toEqual(
    identity,
  );
});

it('other settings may be another account: the remembered one is forgotten, at a start and at a reload', async () => {
  const state = await openTestState();
  const before = accountOf('one', 'T', () => acme);
  const first = await started(state, { one: 'T' }, [before]);
  const watch = first.start();
  await first.idle();
  expect((await openOrganizations(state.documents, await configured({ one: 'OTHER' }))).organizationOf('one')).toBe(
    undefined,
  );

  first.configure([accountOf('one', 'OTHER', fails('xiq_unavailable'))]);
  watch.reloaded();
  while (first.of('one') !== undefined) await setImmediate();
  first.configure([accountOf('one', 'OTHER', () => other)]);
  watch.reloaded();
  while (first.of('one')?.id !== other.id) await setImmediate();
  first.configure([]);
  watch.reloaded();
  while (first.of('one') !== undefined) await setImmediate();
  expect(first.log.of('organization.read_failed')).toHaveLength(1);
});

it('an answer for the account before a reload is not taken', async () => {
  const state = await openTestState();
  const { promise, resolve } = Promise.withResolvers<AccountIdentity>();
  const before = accountOf('one', 'T', () => acme);
  const late = { ...before, api: { ...before.api, identity: () => promise } };
  const { of, start, configure, idle } = await started(state, { one: 'T' }, [late]);
  const watch = start();
  configure([accountOf('one', 'OTHER', () => other)]);
  watch.reloaded();
  resolve(acme);
  await idle();
  expect(of('one')).toEqual(other);
});

it('a damaged document is ignored', async () => {
  const state = await openTestState();
  await state.documents.put(documentNames.organization('one'), { v: 1, source: 'one' });
  const { of, start, idle } = await started(state, { one: 'T' }, [accountOf('one', 'T', () => acme)]);
  expect(of('one')).toBeUndefined();
  start();
  await idle();
  expect(of('one')).toEqual(acme);
});
