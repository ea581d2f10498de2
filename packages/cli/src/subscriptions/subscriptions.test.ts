import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { routes } from '@xiq-siem/admin-api';
import type { Logger } from '@xiq-siem/core';
import { openDataDirectory } from '@xiq-siem/journal';
import { startXiqCloud, type XiqCloud, type XiqCloudOptions } from '@xiq-siem/simulator';
import { documentNames, documentReading, openSharedDocuments, openStateSnapshot, prepareState } from '@xiq-siem/state';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { commands } from '../commands.ts';
import { runCommand } from '../run-command.ts';
import { product, type TestTerminalOptions, testTerminal } from '../test-session.ts';

const publicUrl = 'http://127.0.0.1:9/webhooks/xiq';
const secret = 'canary-managed-1111';
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

interface Fixture {
  readonly cloud: XiqCloud;
  readonly directory: string;
  readonly secretFile: string;
  readonly config: string;
  run(args: readonly string[], options?: TestTerminalOptions): Promise<Ran>;
}

interface Ran {
  readonly code: number;
  readonly text: string;
  readonly errors: string;
  readonly questions: readonly string[];
  json(): unknown[];
}

afterEach(() => {
  delete process.env['XIQ_TEST_TOKEN'];
});

async function fixture(
  options: XiqCloudOptions = {},
  yaml = 'messageTypes: [ AUDIT_LOG_ALL, SMS_LOG_ALL ]',
): Promise<Fixture> {
  const cloud = await startXiqCloud({
    accounts: [{ username: 'a', password: 'p', apiToken: 'canary-token' }],
    ...options,
  });
  onTestFinished(() => cloud.close());
  const directory = await mkdtemp(join(tmpdir(), 'xiq-siem-subscriptions-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  process.env['XIQ_TEST_TOKEN'] = 'canary-token';
  const config = join(directory, 'config.yaml');
  await writeFile(
    config,
    `sources:
  xiq:
    type: xiq
    api: { baseUrl: '${cloud.url}', token: { env: XIQ_TEST_TOKEN } }
    subscriptions: { application: siem, publicUrl: '${publicUrl}', ${yaml} }
`,
  );
  const data = await openDataDirectory(join(directory, 'data'), {
    now: Date.now,
    log: silent,
    prepare: (path, fromFormat) => prepareState(path, fromFormat, { now: Date.now, log: silent }),
  });
  await data.close();
  const secretFile = join(data.paths.secrets, 'xiq');
  await writeFile(secretFile, `${secret}\n`, { mode: 0o600 });
  return {
    ...{ cloud, directory, secretFile, config },
    async run(args, options) {
      const terminal = testTerminal(options);
      const open = () => Promise.reject(new Error('the command must not need a connector'));
      const code = await runCommand(['subscriptions', ...args, '--config', config], { terminal, product, open });
      const text = terminal.stdout.join('\n');
      const errors = terminal.stderr.join('\n');
      expect(text + errors).not.toMatch(/canary/);
      return {
        ...{ code, text, errors, questions: terminal.questions },
        json: () => terminal.stdout.map((line): unknown => JSON.parse(line)),
      };
    },
  };
}

const schemaOf = async (name: string) => {
  const entry = commands.find((one) => one.name === `subscriptions ${name}`);
  const json = (await entry?.load())?.json;
  if (json === undefined) throw new Error(`no schema of ${name}`);
  return json;
};

const lines = async (file: string): Promise<readonly string[]> =>
  (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');

describe.each(['array', 'page'] as const)('at an API of generation %s', (generation) => {
  it('apply creates the configured subscriptions, and plan has nothing to do then', async () => {
    const { cloud, run } = await fixture({ generation });
    const foreign = cloud.subscriptions.add({ url: 'https://other.example/hook', messageType: 'AUDIT_LOG_ALL' });
    const before = await run(['plan']);
    expect(before.code).toBe(2);
    expect(before.text).toContain(`+ AUDIT_LOG_ALL (siem) -> ${publicUrl}/AUDIT_LOG_ALL`);
    const applied = await run(['apply', '--yes']);
    expect(applied.code).toBe(0);
    expect(applied.text).toMatch(/created SMS_LOG_ALL\nDone\.$/);
    const after = await run(['plan']);
    expect([after.code, after.text.split('\n').at(-1)]).toEqual([0, 'Nothing to do.']);
    const found = cloud.subscriptions.list();
    expect(
      found.map(({ application, url, messageType, secret: blocked, status }) => [
        application,
        url,
        messageType,
        blocked,
        status,
      ]),
    ).toEqual([
      ['other-application', 'https://other.example/hook', 'AUDIT_LOG_ALL', undefined, 'ENABLED'],
      ['siem', `${publicUrl}/AUDIT_LOG_ALL`, 'AUDIT_LOG_ALL', secret, 'ENABLED'],
      ['siem', `${publicUrl}/SMS_LOG_ALL`, 'SMS_LOG_ALL', secret, 'ENABLED'],
    ]);
    expect(found[0]).toEqual(foreign);
  });

  it('delete removes one or all of ours, and never a foreign one', async () => {
    const { cloud, run } = await fixture({ generation });
    const { id } = cloud.subscriptions.add({ url: 'https://other.example/hook', messageType: 'AUDIT_LOG_ALL' });
    await run(['apply', '--yes']);
    const [, first] = cloud.subscriptions.list();
    expect((await run(['delete', id, '--yes'])).code).toBe(66);
    expect((await run(['delete', first?.id ?? '', '--yes'])).code).toBe(0);
    expect(cloud.subscriptions.list().map(({ messageType }) => messageType)).toEqual(['AUDIT_LOG_ALL', 'SMS_LOG_ALL']);
    expect((await run(['delete', '--yes'])).code).toBe(0);
    expect(cloud.subscriptions.list().map((one) => one.id)).toEqual([id]);
    expect((await run(['delete', '--yes'])).text).toMatch(/Nothing to do\.$/);
  });
});

it('list shows ours and foreign subscriptions, without secrets', async () => {
  const { cloud, run } = await fixture();
  cloud.subscriptions.add({
    url: 'https://u:canary@other.example/h?token=canary',
    messageType: 'SMS_LOG_ALL',
    secret: 'canary',
  });
  await run(['apply', '--yes']);
  const { code, text } = await run(['list']);
  expect(code).toBe(0);
  expect(text).toMatch(/^ours +ENABLED +AUDIT_LOG_ALL \(id \d+, siem\) -> http/m);
  expect(text).toMatch(
    /^foreign +ENABLED +SMS_LOG_ALL \(id \d+, other-application\) -> https:\/\/…@other\.example\/h\?…$/m,
  );
  expect(text).toMatch(/^2 subscriptions of ours, 1 foreign\.$/m);
  expect((await run([])).text).toBe(text);
});

it('alerts: plan, apply and delete include them, by an id of their own', async () => {
  const { cloud, run } = await fixture({}, 'messageTypes: [ SMS_LOG_ALL ], alerts: true');
  cloud.subscriptions.add({ url: 'https://other.example/hook', messageType: 'ALERT', secret: 'canary' });
  expect((await run(['apply', '--yes'])).text).toMatch(/created SMS_LOG_ALL\ncreated ALERT\nDone\.$/);
  const { text } = await run(['list']);
  const [, id = ''] =
    new RegExp(`^ours +ENABLED +ALERT \\(id (alert-\\d+)\\) -> ${publicUrl}/ALERT$`, 'm').exec(text) ?? [];
  expect(text).toMatch(/^foreign +ENABLED +ALERT \(id alert-\d+\) -> https:\/\/other\.example\/hook$/m);
  expect((await run(['delete', id, '--yes'])).text).toMatch(/deleted ALERT/);
  expect(cloud.subscriptions.list().map(({ messageType }) => messageType)).toEqual(['ALERT', 'SMS_LOG_ALL']);
});

it('--json matches the documented schema', async () => {
  const { run } = await fixture({}, 'messageTypes: [ AUDIT_LOG_ALL ], alerts: true');
  for (const [name, options] of [
    ['plan', []],
    ['apply', ['--yes']],
    ['apply', ['--yes']],
    ['list', []],
    ['rotate-secret', ['--grace', '0']],
    ['delete', ['--yes']],
  ] as const) {
    const { schema, lines: many } = await schemaOf(name);
    const responses = (await run([name, ...options, '--json'])).json();
    if (many !== true) expect(responses).toHaveLength(1);
    for (const response of responses) expect(schema.safeParse(response).error).toBeUndefined();
  }
});

describe('before a change', () => {
  it('apply asks for confirmation; no is exit 2 without a change', async () => {
    const { cloud, run } = await fixture();
    const { code, questions, text } = await run(['apply'], { answer: false });
    expect([code, questions, cloud.subscriptions.list()]).toEqual([2, ['Apply these changes at ExtremeCloud IQ?'], []]);
    expect(text).toMatch(/Nothing was changed\.$/);
    expect((await run(['apply'], { answer: true })).code).toBe(0);
  });

  it.each(['apply', 'delete'])('%s is exit 64 without a terminal', async (name) => {
    const { cloud, run } = await fixture();
    expect((await run([name])).code).toBe(64);
    expect((await run([name, '--json'], { answer: true })).code).toBe(64);
    expect(cloud.requests()).toEqual([]);
  });

  it('apply is exit 78 without a secret', async () => {
    const { cloud, run, secretFile } = await fixture();
    await rm(secretFile);
    expect((await run(['plan'])).text).toContain('There is no secret yet');
    const { code, errors } = await run(['apply', '--yes']);
    expect([code, cloud.subscriptions.list()]).toEqual([78, []]);
    expect(errors).toContain('There is no secret for the subscription to AUDIT_LOG_ALL');
  });
});

it('rejects a source without subscriptions', async () => {
  const { run } = await fixture();
  const { code, errors } = await run(['plan', '--source', 'other']);
  const message = 'source other has no subscriptions in the configuration; sources with subscriptions: xiq';
  expect([code, errors]).toEqual([64, message]);
});

it('refused credentials are exit 77, and not printed', async () => {
  const { cloud, run } = await fixture();
  cloud.tokens.expireAll();
  expect((await run(['plan'])).code).toBe(77);
});

it('a token from a login is revoked at the end', async () => {
  const { cloud, run, directory, config } = await fixture();
  await writeFile(join(directory, 'name'), 'a');
  await writeFile(join(directory, 'password'), 'p');
  const text = await readFile(config, 'utf8');
  await writeFile(
    config,
    text.replace('token: { env: XIQ_TEST_TOKEN }', 'username: { file: name }, password: { file: password }'),
  );
  expect((await run(['plan'])).code).toBe(2);
  expect(cloud.requests().map(({ method, path, status }) => [method, path, status])).toEqual([
    ['POST', '/login', 200],
    ['GET', '/subscriptions/webhook?page=1&limit=100', 200],
    ['GET', '/alert-subscriptions/webhooks?page=1&limit=100', 200],
    ['POST', '/logout', 200],
  ]);
});

const rotation = z.object({ next: z.string() });

/** The stored document of an unfinished rotation. */
async function storedRotation(directory: string): Promise<unknown> {
  const state = await openStateSnapshot(join(directory, 'data'), silent);
  const found = await documentReading(state, silent).get(documentNames.rotation('xiq'), rotation);
  await state.close();
  return found;
}

describe('rotate-secret without a running connector', () => {
  it('updates all of ours, and leaves one secret in a file with mode 0600', async () => {
    const { cloud, run, directory, secretFile } = await fixture();
    await run(['apply', '--yes']);
    const { code, text } = await run(['rotate-secret', '--grace', '0']);
    expect(code).toBe(0);
    expect(text).toMatch(
      /^New secret created.*\n.*accepts.*\n(Subscription updated: .*\n){2}.*first one\.\n.*\n.*Done\.$/,
    );
    const [rotated, ...others] = await lines(secretFile);
    expect(others).toEqual([]);
    expect(rotated).toMatch(/^[\w-]{43}$/);
    expect(cloud.subscriptions.list().map((one) => one.secret)).toEqual([rotated, rotated]);
    expect((await stat(secretFile)).mode & 0o777).toBe(0o600);
    expect(await storedRotation(directory)).toBeUndefined();
    expect((await run(['plan'])).code).toBe(0);
  });

  it('while a rotation is unfinished, plan compares no secrets and apply changes nothing', async () => {
    const { cloud, run, directory, secretFile } = await fixture();
    await run(['apply', '--yes']);
    await writeFile(secretFile, `${secret}\ncanary-next\n`);
    {
      using documents = openSharedDocuments(join(directory, 'data'), silent);
      const next = createHash('sha256').update('canary-next').digest('hex');
      await documents.put(documentNames.rotation('xiq'), { next });
    }
    const [one] = cloud.subscriptions.list();
    cloud.subscriptions.change(one?.id ?? '', { secret: 'canary-next' });
    const plan = await run(['plan']);
    expect(plan.code).toBe(0);
    expect(plan.text).toContain('secrets were not compared');
    const applied = await run(['apply', '--yes']);
    expect(applied.code).toBe(75);
    expect(applied.errors).toContain('Run xiq-siem subscriptions rotate-secret');
    expect((await run(['rotate-secret', '--grace', '0'])).text).toMatch(/^An earlier rotation was not finished/);
    expect(await lines(secretFile)).toEqual(['canary-next']);
    expect(await storedRotation(directory)).toBeUndefined();
    expect((await run(['apply', '--yes'])).code).toBe(0);
  });

  it('two secrets are compared without a stored rotation; a rotation of format 1 is detected, and needs a start', async () => {
    const { cloud, run, directory, secretFile } = await fixture();
    await run(['apply', '--yes']);
    const [one] = cloud.subscriptions.list();
    cloud.subscriptions.change(one?.id ?? '', { secret: 'canary-next' });
    await writeFile(secretFile, `${secret}\ncanary-next\n`);
    const compared = await run(['plan']);
    expect([compared.code, compared.text]).toEqual([2, expect.not.stringContaining('secrets were not compared')]);
    await writeFile(secretFile, `${secret}\ncanary-next\ncanary-next\n`);
    await writeFile(join(directory, 'data/format'), '1\n');
    await rm(join(directory, 'data/state.sqlite'));
    expect((await run(['plan'])).text).toContain('secrets were not compared');
    const { code, errors } = await run(['rotate-secret', '--grace', '0']);
    expect([code, errors]).toEqual([64, expect.stringContaining('start the connector once')]);
    expect(await lines(secretFile)).toEqual([secret, 'canary-next', 'canary-next']);
  });

  it('of two concurrent rotations one is exit 75', async () => {
    const { cloud, run } = await fixture();
    await run(['apply', '--yes']);
    cloud.faults.set({ slowResponse: { delayMs: 200 } });
    const codes = await Promise.all([run(['rotate-secret', '--grace', '0']), run(['rotate-secret', '--grace', '0'])]);
    expect(codes.map(({ code }) => code).sort()).toEqual([0, 75]);
  });
});

describe('with a running connector', () => {
  async function listening(response: RequestListener): Promise<string> {
    const server = createServer(response);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Starts a connector that accepts these secrets, and returns the requested checks. */
  async function running(directory: string, accepted: readonly string[]) {
    const token = 'canary-admin-token-that-is-long-enough';
    const checked: unknown[] = [];
    const adminUrl = await listening(async (request, response) => {
      expect(request.headers.authorization).toBe(`Bearer ${token}`);
      if (request.url === routes.jobs.path) response.end(JSON.stringify({ snapshot: false, jobs: [] }));
      else if (request.url === routes.checkSubscriptions.path) {
        const input: unknown = await json(request);
        checked.push(input);
        response.end(JSON.stringify({ checked: ['xiq'] }));
      } else response.writeHead(500).end();
    });
    const webhooks = await listening(({ headers }, response) => {
      const isAccepted = accepted.some((one) => headers.authorization === `Bearer ${one}`);
      response.writeHead(isAccepted ? 400 : 401).end();
    });
    await writeFile(join(directory, 'data', 'admin.json'), JSON.stringify({ url: adminUrl, pid: 1, token, webhooks }));
    return checked;
  }

  it('the connector checks the subscriptions after apply', async () => {
    const { run, directory } = await fixture();
    const checked = await running(directory, []);
    expect((await run(['apply', '--yes'])).code).toBe(0);
    expect(checked).toEqual([{ source: 'xiq' }]);
    await run(['apply', '--yes']);
    expect(checked).toHaveLength(1);
  });

  it('prints the steps and their state for a secret that the connector does not manage', async () => {
    const { run, directory, config } = await fixture();
    const text = await readFile(config, 'utf8');
    await writeFile(
      config,
      text.replace('type: xiq', 'type: xiq\n    secrets: [ { file: old }, { file: next, optional: true } ]'),
    );
    await writeFile(join(directory, 'old'), 'canary-old');
    expect((await run(['apply', '--yes'])).code).toBe(0);
    const alone = await run(['rotate-secret']);
    expect([alone.code, alone.errors]).toEqual([
      69,
      expect.stringContaining('the connector does not manage this secret'),
    ]);

    await writeFile(join(directory, 'next'), 'canary-next');
    await running(directory, ['canary-old', 'canary-next']);
    const { code, text: steps } = await run(['rotate-secret']);
    expect(code).toBe(2);
    expect(steps.split('\n').map((line) => line.slice(0, 6))).toEqual([
      'The co',
      '[?] 1.',
      '[x] 2.',
      '[x] 3.',
      '[?] 4.',
      '[ ] 5.',
    ]);
    const [response] = (await run(['rotate-secret', '--json'])).json();
    const guide = (await schemaOf('rotate-secret')).instead?.[0]?.schema;
    expect(guide?.safeParse(response).error).toBeUndefined();
  });
});
