import type { CompletenessCell, CompletenessLine } from '@xiq-siem/admin-api';
import { ConnectorError, exitCodes } from '@xiq-siem/core';
import { expect, it } from 'vitest';
import { textWidth } from '../terminal/text-width.ts';
import { lines, runTest } from '../test-session.ts';

const cell: CompletenessCell = {
  ...{ messageType: 'AUDIT_LOG_ALL', hour: '2026-11-24T08:00:00.000Z', state: 'whole', xiq: 1200, kept: 1200 },
  destinations: [{ name: 'elastic', assurance: 'indexed', confirmed: 1200, deadLettered: 0, filtered: 0, waiting: 0 }],
  ...{ missing: [], missingCount: 0, surplus: [], surplusCount: 0 },
};
const missing: CompletenessCell = {
  ...{ ...cell, hour: '2026-11-24T09:00:00.000Z', state: 'missing', missingCount: 30 },
  missing: Array.from({ length: 25 }, (_, index) => ({
    ...{ id: `1ab${index}`, time: '2026-11-24T09:10:00.000Z', message: 'never came, login\u001b[2J' },
  })),
};
const gdpr: CompletenessCell = {
  ...{ ...cell, messageType: 'GDPR_LOG_ALL', state: 'unprovable', reason: 'no log', xiq: null, kept: 4 },
};
type End = Extract<CompletenessLine, { kind: 'end' }>;
const endOf = (verdict: End['verdict'], cells: Partial<End['cells']>): End => ({
  ...{ kind: 'end', snapshot: false, verdict },
  cells: { whole: 0, missing: 0, surplus: 0, unprovable: 0, ...cells },
});
const answersOf = (cells: readonly CompletenessCell[], end: End, asked: unknown[] = []) => ({
  completeness: (input: unknown) => {
    asked.push(input);
    const told = cells.map((one): CompletenessLine => ({ kind: 'cell', cell: one }));
    return lines<CompletenessLine>({ kind: 'fetching', messageType: 'AUDIT_LOG_ALL', fetched: 3 }, ...told, end);
  },
});

it('asks for the last 24 hours that have settled, or what is named', async () => {
  const asked: unknown[] = [];
  const responses = answersOf([cell], endOf('whole', { whole: 1 }), asked);
  expect((await runTest(['completeness'], responses)).code).toBe(0);
  await runTest(['completeness', '--from', '5h', '--to', '4h', '--types', 'audit,sms', '--source', 'xiq'], responses);
  expect(asked).toEqual([
    { from: '2026-11-23T11:00:00.000Z', to: '2026-11-24T11:00:00.000Z' },
    {
      ...{ from: '2026-11-24T07:00:00.000Z', to: '2026-11-24T08:00:00.000Z', source: 'xiq' },
      messageTypes: 'AUDIT_LOG_ALL,SMS_LOG_ALL',
    },
  ]);
});

it('whole: 0', async () => {
  const { code, text } = await runTest(['completeness'], answersOf([cell], endOf('whole', { whole: 1 })));
  expect(code).toBe(0);
  expect(text).toMatchInlineSnapshot(`
    "HOUR               AUDIT
    2026-11-24 08:00Z  whole 1,200

    DESTINATION  ASSURANCE  CONFIRMED  DEAD LETTERS  FILTERED  WAITING
    elastic      indexed        1,200             0         0        0

    Whole: every event that ExtremeCloud IQ logged is here, and no other."
  `);
});

it('missing: 1, with the events, escaped, and how many more', async () => {
  const responses = answersOf(
    [cell, missing, gdpr],
    endOf('missing_or_surplus', { whole: 1, missing: 1, unprovable: 1 }),
  );
  const { code, stdout, text } = await runTest(['completeness'], responses, { columns: 80 });
  expect(code).toBe(1);
  expect(stdout.slice(0, 3)).toEqual([
    'HOUR               AUDIT        GDPR',
    '2026-11-24 08:00Z  whole 1,200  unprovable',
    '2026-11-24 09:00Z  30 missing',
  ]);
  expect(text).toContain('1ab0  never came, login\\u001b[2J');
  expect(text).toContain('… 10 more');
  expect(text).toContain('GDPR, 1 hour: no log');
  expect(stdout.at(-1)).toBe('Not whole. By type and hour: 1 whole, 1 missing, 1 unprovable.');
  expect(stdout.slice(0, 8).filter((line) => textWidth(line) > 80)).toEqual([]);
});

it('nothing worse than unprovable: 3', async () => {
  const { code, stdout } = await runTest(['completeness'], answersOf([gdpr], endOf('unprovable', { unprovable: 1 })));
  expect(code).toBe(3);
  expect(stdout.at(-1)).toBe(
    'Nothing is known to be missing, but not all can be proved. By type and hour: 1 unprovable.',
  );
});

it('--json is what the API says, line by line; a stopped connector will do', async () => {
  const end = endOf('whole', { whole: 1 });
  const { code, json } = await runTest(['completeness', '--json'], answersOf([cell], end), { snapshot: true });
  expect([code, json().slice(1)]).toEqual([0, [{ kind: 'cell', cell }, end]]);
});

it.each([[['--from', '1h', '--to', '2h']], [['--from', 'soon']], [['--types', '']]])('%j: 64', async (args) => {
  expect((await runTest(['completeness', ...args], {})).code).toBe(64);
});

it('what ExtremeCloud IQ refuses: 77', async () => {
  async function* refused(): AsyncGenerator<never> {
    yield* [];
    throw new ConnectorError({ code: 'xiq_unauthorized', exitCode: exitCodes.permission }, 'the token has expired');
  }
  const { code, stderr } = await runTest(['completeness'], { completeness: refused });
  expect([code, stderr]).toEqual([77, ['the token has expired']]);
});
