import type { DoctorLine, ShapesLine, TailLine } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import { describe, expect, it } from 'vitest';
import { textWidth } from './terminal/text-width.ts';
import { lines, runTest } from './test-session.ts';

describe('tail', () => {
  const line = (document: Record<string, unknown>): TailLine => ({ kind: 'document', source: 'xiq', document });
  const login = line({
    ...{ '@timestamp': '2026-11-24T11:59:00.000Z', message: 'Logged in \u001b[2J\nwith privileges '.repeat(5) },
    ...{ event: { dataset: 'extreme_xiq.audit', action: 'admin-login', outcome: 'success' }, user: { name: 'eve' } },
  });

  it('is one line a document, until Ctrl-C: 130', async () => {
    const asked: unknown[] = [];
    const controller = new AbortController();
    async function* some(input: unknown): AsyncGenerator<TailLine> {
      asked.push(input);
      yield { kind: 'waiting', snapshot: false };
      yield login;
      yield { kind: 'skipped', bodies: 1200 };
      controller.abort();
    }
    const words = ['tail', '--where', 'dataset=a,b,action=c'];
    const { code, stdout } = await runTest(words, { tail: some }, { controller });
    expect(code).toBe(130);
    expect(asked).toEqual([{ datasets: 'a,b', actions: 'c' }]);
    expect(stdout).toHaveLength(2);
    expect(stdout[0]).toContain(
      '2026-11-24 11:59:00Z  xiq  extreme_xiq.audit  admin-login  success  eve  Logged in \\u001b[2J\\nwith',
    );
    expect(stdout[1]).toBe('… 1,200 bodies left out: they came too fast');
  });

  it('fits the terminal, and is coloured by outcome', async () => {
    const { stdout } = await runTest(['tail'], { tail: () => lines(login) }, { columns: 80 });
    expect(stdout.map(textWidth)).toEqual([80]);
    const failure = line({ '@timestamp': '2026-11-24T11:59:00Z', event: { outcome: 'failure' } });
    const { text } = await runTest(['tail'], { tail: () => lines(failure) }, { columns: 80, colours: true });
    expect(text).toBe('\u001b[31m2026-11-24 11:59:00Z  xiq  failure\u001b[39m');
  });

  it('--json is what the API says; a connector that ends is 69', async () => {
    const { code, json } = await runTest(['tail', '--json'], { tail: () => lines(login) });
    expect([code, json()]).toEqual([69, [login]]);
  });
});

describe('check', () => {
  const answer = (ok: boolean) => ({
    snapshot: false,
    destinations: [
      { name: 'archive', type: 'file', ok: true, message: 'writable' },
      { name: 'elastic', type: 'elasticsearch', ok, message: 'key \u001b[2J expired' },
    ],
  });

  it('0 where each would take events, 1 where one would not', async () => {
    expect((await runTest(['check'], { check: async () => answer(true) })).code).toBe(0);
    const { code, stdout } = await runTest(['check'], { check: async () => answer(false) });
    expect([code, stdout]).toEqual([
      1,
      ['ok   archive (file): writable', 'NOT  elastic (elasticsearch): key \\u001b[2J expired'],
    ]);
    const { code: same, json } = await runTest(['check', '--json'], { check: async () => answer(false) });
    expect([same, json()]).toEqual([1, [answer(false)]]);
  });
});

describe('doctor', () => {
  const all = (ok: boolean): DoctorLine[] => [
    { kind: 'kept', receipt: 'r1_abc', eventId: '1ab' },
    {
      ...{ kind: 'destination', name: 'elastic', type: 'elasticsearch', result: ok ? 'found' : 'not_found', ok },
      ...{ message: 'in \u001b[2J', seconds: 0.52 },
    },
    { kind: 'end', ok },
  ];

  it.each([
    [true, 0, 'found', 'All is well.'],
    [false, 1, 'not found', 'Not all is well.'],
  ])('ok %s: %i', async (ok, expected, word, last) => {
    const asked: unknown[] = [];
    const answers = {
      doctor: (input: unknown) => {
        asked.push(input);
        return lines(...all(ok));
      },
    };
    const { code, stdout } = await runTest(['doctor', '--seconds', '5'], answers);
    expect([code, asked]).toEqual([expected, [{ seconds: 5 }]]);
    expect(stdout).toEqual([
      'Kept: receipt r1_abc, event 1ab',
      `elastic (elasticsearch): ${word} after 0.5 s: in \\u001b[2J`,
      last,
    ]);
    const json = await runTest(['doctor', '--json'], answers);
    expect([json.code, json.json()]).toEqual([expected, all(ok)]);
  });

  it('a stopped connector: 69; too long a wait: 64', async () => {
    expect((await runTest(['doctor'], {}, { snapshot: true })).code).toBe(69);
    expect((await runTest(['doctor', '--seconds', '601'], {})).code).toBe(64);
  });
});

describe('shapes', () => {
  const end: ShapesLine = {
    ...{ kind: 'end', snapshot: false },
    types: [
      {
        ...{ messageType: 'AUDIT_LOG_ALL', bodies: 3, omitted: 2 },
        fields: [{ path: 'novel.\u001b[2J', type: 'object', count: 1204 }],
      },
    ],
    authentication: [{ source: 'xiq', form: 'basic_password', count: 7 }],
  };

  it('shows paths, types and counts, and how senders authenticate', async () => {
    const answers = { shapes: () => lines<ShapesLine>({ kind: 'progress', done: 1, total: 2 }, end) };
    const { code, text, progressLines } = await runTest(['shapes', '--from', '1d'], answers);
    expect(code).toBe(0);
    expect(progressLines).toEqual(['Looking: 50 % (1 of 2 bodies)', '']);
    expect(text).toMatchInlineSnapshot(`
      "AUDIT_LOG_ALL: unknown fields in 3 bodies
      FIELD            TYPE    COUNT
      novel.\\u001b[2J  object  1,204
      … and 2 more fields

      SOURCE  AUTHENTICATES BY  COUNT
      xiq     basic_password        7"
    `);
    expect((await runTest(['shapes', '--json'], answers)).json()).toHaveLength(2);
  });

  it('says that there is nothing unknown, and what a snapshot cannot know', async () => {
    const nothing: ShapesLine = { kind: 'end', snapshot: true, types: [], authentication: [] };
    const { stdout } = await runTest(['shapes'], { shapes: () => lines(nothing) }, { snapshot: true });
    expect(stdout.slice(1)).toEqual([
      ...['Every field is known to the mapping.', ''],
      'How senders authenticate is known to a running connector only.',
    ]);
  });
});

describe('reload', () => {
  it('says what changed, and what needs a restart', async () => {
    const answer = { changed: ['destinations.archive added'], needsRestart: ['server.port'], mappingVersion: 'm-1' };
    const { code, stdout } = await runTest(['reload'], { reload: async () => answer });
    expect([code, stdout]).toEqual([
      0,
      [
        ...['In effect now:', '  destinations.archive added'],
        ...['Needs a restart, and is as it was:', '  server.port', 'Mapping: m-1'],
      ],
    ]);
    expect((await runTest(['reload', '--json'], { reload: async () => answer })).json()).toEqual([answer]);
  });

  it('a fault: 78, with its place', async () => {
    const fault = 'c.yaml:1:1: nonsense\u001b[2J: unknown key\nc.yaml:2:1: port: expected a number';
    const answers = { reload: () => Promise.reject(new ConnectorError('config_invalid', fault)) };
    const { code, stderr } = await runTest(['reload'], answers);
    expect([code, stderr]).toEqual([
      78,
      ['c.yaml:1:1: nonsense\\u001b[2J: unknown key', 'c.yaml:2:1: port: expected a number'],
    ]);
  });
});

describe('destination', () => {
  it('forget and resume', async () => {
    const forget = { forgetDestination: async ({ name }: { name: string }) => ({ forgotten: name }) };
    const resume = { resumeDestination: async ({ name }: { name: string }) => ({ resumed: name }) };
    expect((await runTest(['destination', 'forget', 'old'], forget)).stdout).toEqual(['Destination old is forgotten.']);
    expect((await runTest(['destination', 'resume', 'elastic'], resume)).stdout).toEqual([
      'Destination elastic is tried now: see xiq-siem status.',
    ]);
    expect((await runTest(['destination', 'forget', 'old', '--json'], forget)).json()).toEqual([{ forgotten: 'old' }]);
  });

  it('needs a name, and a running connector', async () => {
    expect((await runTest(['destination', 'forget'], {})).code).toBe(64);
    expect((await runTest(['destination', 'resume', 'x'], {}, { snapshot: true })).code).toBe(69);
  });
});
