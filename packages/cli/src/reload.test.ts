import { ConnectorError } from '@xiq-siem/core';
import { describe, expect, it } from 'vitest';
import { runTest } from './test-session.ts';

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
