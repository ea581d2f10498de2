import { ConnectorError } from '@xiq-siem/core';
import { describe, expect, it } from 'vitest';
import { runTest } from './test-session.ts';

describe('reload', () => {
  it('prints what changed, and what needs a restart', async () => {
    const response = { changed: ['destinations.archive added'], needsRestart: ['server.port'], mappingVersion: 'm-1' };
    const { code, stdout } = await runTest(['reload'], { reload: async () => response });
    expect([code, stdout]).toEqual([
      0,
      [
        ...['Applied:', '  destinations.archive added'],
        ...['Not applied, needs a restart:', '  server.port', 'Mapping: m-1'],
      ],
    ]);
    expect((await runTest(['reload', '--json'], { reload: async () => response })).json()).toEqual([response]);
  });

  it('an invalid configuration: 78, with the position of each error', async () => {
    const fault = 'c.yaml:1:1: nonsense\u001b[2J: unknown key\nc.yaml:2:1: port: expected a number';
    const responses = { reload: () => Promise.reject(new ConnectorError('config_invalid', fault)) };
    const { code, stderr } = await runTest(['reload'], responses);
    expect([code, stderr]).toEqual([
      78,
      ['c.yaml:1:1: nonsense\\u001b[2J: unknown key', 'c.yaml:2:1: port: expected a number'],
    ]);
  });
});
