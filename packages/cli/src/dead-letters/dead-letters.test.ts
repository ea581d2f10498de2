import type { DeadLetterEntry } from '@xiq-siem/admin-api';
import { describe, expect, it } from 'vitest';
import { textWidth } from '../terminal/text-width.ts';
import { runTest } from '../test-session.ts';

const letter = (number: number): DeadLetterEntry => ({
  ...{ number, destination: 'elastic', code: 'mapping_conflict', dataset: 'extreme_xiq.audit', eventId: `1${number}` },
  ...{
    receipt: 'r1_abc',
    element: 0,
    attempts: 1,
    message: 'failed to parse field [user.id]\u001b[2J of type [long] in doc',
  },
  ...{ firstAttempt: '2026-11-24T11:00:00Z', lastAttempt: '2026-11-24T11:48:00Z' },
});

/** Responds with pages of two out of three entries, and records the requests. */
function pages() {
  const requests: unknown[] = [];
  return {
    requests,
    responses: {
      async listDeadLetters(input: { readonly after?: number | undefined }) {
        requests.push(input);
        const first = { snapshot: false, open: 5, parked: 0, matched: 3, entries: [letter(1), letter(2)], next: 2 };
        return input.after === undefined
          ? first
          : { snapshot: false, open: 5, parked: 0, matched: 3, entries: [letter(9)] };
      },
    },
  };
}

describe('dlq list', () => {
  it('shows a page and how to get the next page', async () => {
    const { responses, requests } = pages();
    const { code, text } = await runTest(['dlq', 'list', '--code', 'mapping_conflict', '--from', '1d'], responses);
    expect(code).toBe(0);
    expect(requests).toEqual([{ code: 'mapping_conflict', from: '2026-11-23T12:00:00.000Z', limit: 20 }]);
    expect(text).toMatchInlineSnapshot(`
      "NUMBER     AGE  DESTINATION  CODE              DATASET            SERVER MESSAGE
           1  12 min  elastic      mapping_conflict  extreme_xiq.audit  failed to parse field [user.id]\\u001b[2J of type [long] in doc
           2  12 min  elastic      mapping_conflict  extreme_xiq.audit  failed to parse field [user.id]\\u001b[2J of type [long] in doc

      3 dead letters (5 open in total).
      For more: add --after 2, or --all."
    `);
  });

  it('fits 80 columns, and the name of the group runs it', async () => {
    const { stdout } = await runTest(['dlq'], pages().responses, { columns: 80 });
    expect(stdout.filter((line) => textWidth(line) > 80)).toEqual([]);
    expect(stdout[1]).toContain('…');
  });

  it('--all prints all pages: one table, or one JSON line each', async () => {
    const { stdout } = await runTest(['dlq', 'list', '--all'], pages().responses);
    expect(stdout.filter((line) => line.includes('NUMBER'))).toHaveLength(1);
    expect(stdout).toHaveLength(6);
    const { responses, requests } = pages();
    const json = (await runTest(['dlq', '--all', '--json'], responses)).json();
    expect(json).toMatchObject([{ entries: [{ number: 1 }, { number: 2 }] }, { entries: [{ number: 9 }] }]);
    expect(requests).toEqual([{ limit: 1000 }, { limit: 1000, after: 2 }]);
  });

  it('shows parked events beside dead letters, and with --parked alone', async () => {
    const requests: unknown[] = [];
    const responses = {
      async listDeadLetters(input: object) {
        requests.push(input);
        const entries = [letter(1), { ...letter(2), parked: true as const }];
        return { snapshot: false, open: 1, parked: 1, matched: 2, entries };
      },
    };
    const { stdout } = await runTest(['dlq', 'list', '--parked'], responses);
    expect(requests).toEqual([{ parked: true, limit: 20 }]);
    expect(stdout[0]).toContain('STATE');
    expect(stdout[1]).toMatch(/elastic +dead +mapping_conflict/);
    expect(stdout[2]).toMatch(/elastic +parked +mapping_conflict/);
    expect(stdout.at(-1)).toBe('2 events (in total 1 dead letter open, 1 event parked).');
  });

  it('prints that there are none', async () => {
    const none = { listDeadLetters: async () => ({ snapshot: false, open: 0, parked: 0, matched: 0, entries: [] }) };
    expect((await runTest(['dlq'], none)).stdout).toEqual(['No dead letters.']);
  });

  it('--summary counts them', async () => {
    const groups = {
      snapshot: false,
      groups: [
        {
          ...{ destination: 'elastic', code: 'mapping_conflict', dataset: 'extreme_xiq.audit', events: 1204 },
          ...{ oldest: '2026-11-24T11:00:00Z', newest: '2026-11-24T11:30:00Z' },
        },
      ],
      counts: [{ destination: 'elastic', open: 1204, parked: 0, delivered: 3, dropped: 2 }],
    };
    const responses = { groupDeadLetters: async () => groups };
    const { text } = await runTest(['dlq', 'list', '--summary'], responses);
    expect(text).toContain('elastic      mapping_conflict  extreme_xiq.audit   1,204  2026-11-24 11:30:00Z');
    expect((await runTest(['dlq', 'list', '--summary', '--json'], responses)).json()).toEqual([groups]);
    expect((await runTest(['dlq', 'list', '--summary', '--code', 'x'], responses)).code).toBe(64);
  });

  it.each([
    ['--limit', '0'],
    ['--limit', '1001'],
    ['--after', '-1'],
    ['--from', 'soon'],
    ['--nonsense', ''],
  ])('%s %s is rejected: 64', async (option, value) => {
    expect((await runTest(['dlq', 'list', `${option}=${value}`], {})).code).toBe(64);
  });
});

describe('dlq show', () => {
  const shown = { snapshot: false, entry: letter(12), document: { message: 'x\u202e', event: { id: '112' } } };

  it('prints the attributes and the document, escaped', async () => {
    const { code, text } = await runTest(['dlq', 'show', '12'], { showDeadLetter: async () => shown });
    expect(code).toBe(0);
    expect(text).toMatchInlineSnapshot(`
      "Dead letter 12
        destination     elastic
        code            mapping_conflict
        server message  failed to parse field [user.id]\\u001b[2J of type [long] in doc
        data set        extreme_xiq.audit
        event           112
        receipt         r1_abc (element 0)
        attempts        1, 2026-11-24 11:00:00Z to 2026-11-24 11:48:00Z

      {
        "message": "x\\u202e",
        "event": {
          "id": "112"
        }
      }"
    `);
  });

  it('--json prints the response', async () => {
    expect((await runTest(['dlq', 'show', '12', '--json'], { showDeadLetter: async () => shown })).json()).toEqual([
      shown,
    ]);
  });
});

describe('dlq drop', () => {
  function dropping(events: number) {
    const requests: object[] = [];
    const responses = {
      async dropDeadLetters(input: object) {
        requests.push(input);
        return { events };
      },
    };
    return { requests, responses };
  }

  it('asks for confirmation with the number, and drops what was confirmed', async () => {
    const { requests, responses } = dropping(3);
    const { code, questions, stdout } = await runTest(['dlq', 'drop', '--code', 'x'], responses, { answer: true });
    expect(questions).toEqual(['Discard 3 dead letters permanently?']);
    expect([code, stdout]).toEqual([0, ['3 dead letters dropped.']]);
    expect(requests).toEqual([
      { code: 'x', to: '2026-11-24T12:00:00.000Z', dryRun: true },
      { code: 'x', to: '2026-11-24T12:00:00.000Z', dryRun: false },
    ]);
  });

  it('drops nothing without confirmation, or with --dry-run: 2', async () => {
    const { requests, responses } = dropping(3);
    const refused = await runTest(['dlq', 'drop', '7', '8'], responses, { answer: false });
    expect([refused.code, refused.stdout]).toEqual([2, ['Nothing was dropped.']]);
    const checked = await runTest(['dlq', 'drop', '7', '8', '--dry-run', '--json'], responses);
    expect([checked.code, checked.json()]).toEqual([2, [{ events: 3 }]]);
    expect(requests).toEqual([
      { numbers: [7, 8], dryRun: true },
      { numbers: [7, 8], dryRun: true },
    ]);
  });

  it('--yes needs no confirmation; without --yes and without a terminal: 64', async () => {
    const { responses } = dropping(1);
    const { code, json } = await runTest(['dlq', 'drop', '--all', '--yes', '--json'], responses);
    expect([code, json()]).toEqual([0, [{ events: 1 }]]);
    const refused = await runTest(['dlq', 'drop', '--all'], responses);
    expect([refused.code, refused.stderr]).toEqual([64, ['confirmation needs a terminal: use --yes']]);
  });

  it.each([[[]], [['--all', '--code', 'x']], [['--all', '7']]])('%j selects nothing or too much: 64', async (args) => {
    expect((await runTest(['dlq', 'drop', '--yes', ...args], {})).code).toBe(64);
  });

  it('a stopped connector: 69, before the confirmation', async () => {
    const { code, questions } = await runTest(['dlq', 'drop', '--all'], {}, { snapshot: true, answer: true });
    expect([code, questions]).toEqual([69, []]);
  });
});
