import type { UnmappedLine } from '@xiq-siem/admin-api';
import { describe, expect, it } from 'vitest';
import { lines, runTest } from './test-session.ts';

describe('unmapped', () => {
  const end: UnmappedLine = {
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
    const responses = { unmapped: () => lines<UnmappedLine>({ kind: 'progress', done: 1, total: 2 }, end) };
    const { code, text, progressLines } = await runTest(['unmapped', '--from', '1d'], responses);
    expect(code).toBe(0);
    expect(progressLines).toEqual(['Scanning: 50 % (1 of 2 requests)', '']);
    expect(text).toMatchInlineSnapshot(`
      "AUDIT_LOG_ALL: unmapped fields in 3 requests
      FIELD            TYPE    COUNT
      novel.\\u001b[2J  object  1,204
      … and 2 more fields

      SOURCE  AUTHENTICATION  COUNT
      xiq     basic_password      7"
    `);
    expect((await runTest(['unmapped', '--json'], responses)).json()).toHaveLength(2);
  });

  it('reports that all fields are mapped, and what a snapshot cannot show', async () => {
    const nothing: UnmappedLine = { kind: 'end', snapshot: true, types: [], authentication: [] };
    const { stdout } = await runTest(['unmapped'], { unmapped: () => lines(nothing) }, { snapshot: true });
    expect(stdout.slice(1)).toEqual([
      ...['The mapping knows every field.', ''],
      'How senders authenticate: start the connector to see this.',
    ]);
  });
});
