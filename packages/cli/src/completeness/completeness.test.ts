import type { CompletenessCell, CompletenessLine } from '@xiq-siem/admin-api';
import { ConnectorError, exitCodes } from '@xiq-siem/core';
import { expect, it } from 'vitest';
import { textWidth } from '../terminal/text-width.ts';
import { lines, runTest } from '../test-session.ts';

const cell: CompletenessCell = {
  ...{ messageType: 'AUDIT_LOG_ALL', hour: '2026-11-24T08:00:00.000Z', state: 'complete', xiq: 1200, kept: 1200 },
  destinations: [{ name: 'elastic', assurance: 'indexed', confirmed: 1200, deadLettered: 0, filtered: 0, waiting: 0 }],
  ...{ missing: [], missingCount: 0, surplus: [], surplusCount: 0 },
};
const missing: CompletenessCell = {
  ...{ ...cell, hour: '2026-11-24T09:00:00.000Z', state: 'missing', missingCount: 30 },
  missing: Array.from({ length: 25 }, (_, index) => ({
    ...{ id: `1ab${index}`, time: '2026-11-24T09:10:00.000Z', message: 'not received, login\u001b[2J' },
  })),
};
const gdpr: CompletenessCell = {
  ...{ ...cell, messageType: 'GDPR_LOG_ALL', state: 'unprovable', reason: 'no log', xiq: null, kept: 4 },
};
type End = Extract<CompletenessLine, { kind: 'end' }>;
const endOf = (verdict: End['verdict'], cells: Partial<End['cells']>): End => ({
  ...{ kind: 'end', snapshot: false, verdict },
  cells: { complete: 0, missing: 0, surplus: 0, unprovable: 0, ...cells },
});
const responsesOf = (cells: readonly CompletenessCell[], end: End, requested: unknown[] = []) => ({
  completeness: (input: unknown) => {
    requested.push(input);
    const all = cells.map((one): CompletenessLine => ({ kind: 'cell', cell: one }));
    return lines<CompletenessLine>({ kind: 'fetching', messageType: 'AUDIT_LOG_ALL', fetched: 3 }, ...all, end);
  },
});

it('proves the last 24 hours with a final log by default, or the given span', async () => {
  const requested: unknown[] = [];
  const responses = responsesOf([cell], endOf('complete', { complete: 1 }), requested);
  expect((await runTest(['completeness'], responses)).code).toBe(0);
  await runTest(['completeness', '--from', '5h', '--to', '4h', '--types', 'audit,sms', '--source', 'xiq'], responses);
  expect(requested).toEqual([
    { from: '2026-11-23T11:00:00.000Z', to: '2026-11-24T11:00:00.000Z' },
    {
      ...{ from: '2026-11-24T07:00:00.000Z', to: '2026-11-24T08:00:00.000Z', source: 'xiq' },
      messageTypes: 'AUDIT_LOG_ALL,SMS_LOG_ALL',
    },
  ]);
});

it('complete: 0', async () => {
  const { code, text } = await runTest(['completeness'], responsesOf([cell], endOf('complete', { complete: 1 })));
  expect(code).toBe(0);
  expect(text).toMatchInlineSnapshot(`
    "HOUR               AUDIT
    2026-11-24 08:00Z  complete 1,200

    DESTINATION  ASSURANCE  CONFIRMED  DEAD LETTERS  FILTERED  WAITING
    elastic      indexed        1,200             0         0        0

    Complete: all events that ExtremeCloud IQ logged are stored and delivered, and no others."
  `);
});

it('missing: 1, with the events, escaped, and how many more', async () => {
  const responses = responsesOf(
    [cell, missing, gdpr],
    endOf('missing_or_surplus', { complete: 1, missing: 1, unprovable: 1 }),
  );
  const { code, stdout, text } = await runTest(['completeness'], responses, { columns: 80 });
  expect(code).toBe(1);
  expect(stdout.slice(0, 3)).toEqual([
    'HOUR               AUDIT           GDPR',
    '2026-11-24 08:00Z  complete 1,200  unprovable',
    '2026-11-24 09:00Z  30 missing',
  ]);
  expect(text).toContain('1ab0  not received, login\\u001b[2J');
  expect(text).toContain('… 10 more');
  expect(text).toContain('GDPR, 1 hour: no log');
  expect(stdout.at(-1)).toBe('Incomplete. By type and hour: 1 complete, 1 missing, 1 unprovable.');
  expect(stdout.slice(0, 8).filter((line) => textWidth(line) > 80)).toEqual([]);
});

it('types that do not fit beside the others are in a table of their own, with whole hours', async () => {
  const types = ['AUDIT_LOG_ALL', 'CREDENTIAL_LOG_ALL', 'ACCOUNTING_LOG_ALL', 'AUTHENTICATION_LOG_ALL', 'SMS_LOG_ALL'];
  const cells = types.map((messageType) => ({ ...cell, messageType }));
  const responses = responsesOf(cells, endOf('complete', { complete: types.length }));
  const { stdout } = await runTest(['completeness'], responses, { columns: 80 });
  expect(stdout.slice(0, 6)).toEqual([
    'HOUR               AUDIT           CREDENTIAL      ACCOUNTING',
    '2026-11-24 08:00Z  complete 1,200  complete 1,200  complete 1,200',
    '',
    'HOUR               AUTHENTICATION  SMS',
    '2026-11-24 08:00Z  complete 1,200  complete 1,200',
    '',
  ]);
});

it('unprovable: 3', async () => {
  const { code, stdout } = await runTest(['completeness'], responsesOf([gdpr], endOf('unprovable', { unprovable: 1 })));
  expect(code).toBe(3);
  expect(stdout.at(-1)).toBe(
    'No event is known to be missing, but some hours cannot be proved. By type and hour: 1 unprovable.',
  );
});

it('--json has the lines of the API, also with a stopped connector', async () => {
  const end = endOf('complete', { complete: 1 });
  const { code, json } = await runTest(['completeness', '--json'], responsesOf([cell], end), { snapshot: true });
  expect([code, json().slice(1)]).toEqual([0, [{ kind: 'cell', cell }, end]]);
});

it.each([[['--from', '1h', '--to', '2h']], [['--from', 'soon']], [['--types', '']]])('%j: 64', async (args) => {
  expect((await runTest(['completeness', ...args], {})).code).toBe(64);
});

it('refused credentials: 77', async () => {
  async function* refused(): AsyncGenerator<never> {
    yield* [];
    throw new ConnectorError({ code: 'xiq_unauthorized', exitCode: exitCodes.permission }, 'the token has expired');
  }
  const { code, stderr } = await runTest(['completeness'], { completeness: refused });
  expect([code, stderr]).toEqual([77, ['the token has expired']]);
});
