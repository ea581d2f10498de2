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

/** Answers with pages of two out of three, and remembers what it was asked. */
function pages() {
  const asked: unknown[] = [];
  return {
    asked,
    responses: {
      async listDeadLetters(input: { readonly after?: number | undefined }) {
        asked.push(input);
        const first = { snapshot: false, open: 5, matched: 3, entries: [letter(1), letter(2)], next: 2 };
        return input.after === undefined ? first : { snapshot: false, open: 5, matched: 3, entries: [letter(9)] };
      },
    },
  };
}

describe('dlq list', () => {
  it('shows a page and how to get the next', async () => {
    const { responses, asked } = pages();
    const { code, text } = await runTest(['dlq', 'list', '--code', 'mapping_conflict', '--from', '1d'], responses);
    expect(code).toBe(0);
    expect(asked).toEqual([{ code: 'mapping_conflict', from: '2026-11-23T12:00:00.000Z', limit: 20 }]);
    expect(text).toMatchInlineSnapshot(`
      "NUMBER     AGE  DESTINATION  CODE              DATASET            WORDS
           1  12 min  elastic      mapping_conflict  extreme_xiq.audit  failed to parse field [user.id]\\u001b[2J of type [long] in doc
           2  12 min  elastic      mapping_conflict  extreme_xiq.audit  failed to parse field [user.id]\\u001b[2J of type [long] in doc

      3 dead letters (5 open in all).
      More: the same with --after 2, or --all."
    `);
  });

  it('fits 80 columns, and its name alone means it', async () => {
    const { stdout } = await runTest(['dlq'], pages().responses, { columns: 80 });
    expect(stdout.filter((line) => textWidth(line) > 80)).toEqual([]);
    expect(stdout[1]).toContain('…');
  });

  it('--all gives every page: one table, or a JSON line each', async () => {
    const { stdout } = await runTest(['dlq', 'list', '--all'], pages().responses);
    expect(stdout.filter((line) => line.includes('NUMBER'))).toHaveLength(1);
    expect(stdout).toHaveLength(6);
    const { responses, asked } = pages();
    const json = (await runTest(['dlq', '--all', '--json'], responses)).json();
    expect(json).toMatchObject([{ entries: [{ number: 1 }, { number: 2 }] }, { entries: [{ number: 9 }] }]);
    expect(asked).toEqual([{ limit: 1000 }, { limit: 1000, after: 2 }]);
  });

  it('says that there are none', async () => {
    const none = { listDeadLetters: async () => ({ snapshot: false, open: 0, matched: 0, entries: [] }) };
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
      counts: [{ destination: 'elastic', open: 1204, delivered: 3, dropped: 2 }],
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
  ])('%s %s is refused: 64', async (option, value) => {
    expect((await runTest(['dlq', 'list', `${option}=${value}`], {})).code).toBe(64);
  });
});

describe('dlq show', () => {
  const shown = { snapshot: false, entry: letter(12), document: { message: 'x\u202e', event: { id: '112' } } };

  it('prints the facts and the document, escaped', async () => {
    const { code, text } = await runTest(['dlq', 'show', '12'], { showDeadLetter: async () => shown });
    expect(code).toBe(0);
    expect(text).toMatchInlineSnapshot(`
      "Dead letter 12
        destination  elastic
        code         mapping_conflict
        words        failed to parse field [user.id]\\u001b[2J of type [long] in doc
        data set     extreme_xiq.audit
        event        112
        receipt      r1_abc (element 0)
        tried        1 x, 2026-11-24 11:00:00Z to 2026-11-24 11:48:00Z

      {
        "message": "x\\u202e",
        "event": {
          "id": "112"
        }
      }"
    `);
  });

  it('--json is the answer itself', async () => {
    expect((await runTest(['dlq', 'show', '12', '--json'], { showDeadLetter: async () => shown })).json()).toEqual([
      shown,
    ]);
  });
});

describe('dlq drop', () => {
  function dropping(events: number) {
    const asked: object[] = [];
    const responses = {
      async dropDeadLetters(input: object) {
        asked.push(input);
        return { events };
      },
    };
    return { asked, responses };
  }

  it('asks with the number, and drops what it asked about when agreed', async () => {
    const { asked, responses } = dropping(3);
    const { code, questions, stdout } = await runTest(['dlq', 'drop', '--code', 'x'], responses, { response: true });
    expect(questions).toEqual(['Give up 3 dead letters for good?']);
    expect([code, stdout]).toEqual([0, ['3 dead letters dropped.']]);
    expect(asked).toEqual([
      { code: 'x', to: '2026-11-24T12:00:00.000Z', dryRun: true },
      { code: 'x', to: '2026-11-24T12:00:00.000Z', dryRun: false },
    ]);
  });

  it('drops nothing when not agreed, or only looked at: 2', async () => {
    const { asked, responses } = dropping(3);
    const refused = await runTest(['dlq', 'drop', '7', '8'], responses, { response: false });
    expect([refused.code, refused.stdout]).toEqual([2, ['Nothing was dropped.']]);
    const checked = await runTest(['dlq', 'drop', '7', '8', '--dry-run', '--json'], responses);
    expect([checked.code, checked.json()]).toEqual([2, [{ events: 3 }]]);
    expect(asked).toEqual([
      { numbers: [7, 8], dryRun: true },
      { numbers: [7, 8], dryRun: true },
    ]);
  });

  it('--yes asks nobody; without it and without a terminal: 64', async () => {
    const { responses } = dropping(1);
    const { code, json } = await runTest(['dlq', 'drop', '--all', '--yes', '--json'], responses);
    expect([code, json()]).toEqual([0, [{ events: 1 }]]);
    const refused = await runTest(['dlq', 'drop', '--all'], responses);
    expect([refused.code, refused.stderr]).toEqual([
      64,
      ['this asks before it drops, and nobody is here to answer: give --yes'],
    ]);
  });

  it.each([[[]], [['--all', '--code', 'x']], [['--all', '7']]])('%j does not say which: 64', async (message) => {
    expect((await runTest(['dlq', 'drop', '--yes', ...message], {})).code).toBe(64);
  });

  it('a stopped connector: 69, before anybody is asked', async () => {
    const { code, questions } = await runTest(['dlq', 'drop', '--all'], {}, { snapshot: true, response: true });
    expect([code, questions]).toEqual([69, []]);
  });
});
