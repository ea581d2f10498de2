import { expect, it } from 'vitest';
import { help, parseCommand } from './options.ts';

it('parses start with its settings', () => {
  const args = ['start', 'elasticsearch-8', '--plain', '--set', 'a.b=c=d', '--set', 'e=', '--json'];
  expect(parseCommand(args)).toEqual({
    command: 'start',
    name: 'elasticsearch-8',
    json: true,
    secure: false,
    settings: { 'a.b': 'c=d', e: '' },
  });
});

it('parses the servers to build and the tests to run', () => {
  expect(parseCommand(['build', '--all'])).toEqual({ command: 'build', names: 'all', full: false });
  expect(parseCommand(['build', 'elasticsearch-full'])).toMatchObject({ names: ['elasticsearch-full'] });
  expect(parseCommand(['test', '--full', 'otel'])).toEqual({ command: 'test', full: true, filters: ['otel'] });
  expect(parseCommand(['list'])).toEqual({ command: 'list', json: false });
});

it('has a help text for itself and for each command', () => {
  expect(parseCommand(['--help'])).toEqual({ command: 'help', of: 'testbed' });
  for (const of of ['start', 'build', 'list', 'test'] as const) {
    expect(parseCommand([of, '--help'])).toEqual({ command: 'help', of });
    expect(help[of]).toContain(`testbed ${of}`);
  }
});

it.each([
  [[], 'unknown command (none)'],
  [['restart'], 'unknown command restart'],
  [['start'], 'start takes one server, elasticsearch, elasticsearch-8'],
  [['start', 'otelcol', 'victorialogs'], 'given: otelcol victorialogs'],
  [['start', 'splunk'], 'given: splunk'],
  [['start', 'otelcol', '--nonsense'], '--nonsense'],
  [['start', 'otelcol', '--plain'], '--plain is an option of elasticsearch-8, elasticsearch-full, not of otelcol'],
  [['start', 'elasticsearch', '--config', 'x'], '--config is an option of otelcol'],
  [['start', 'elasticsearch', '--set', 'x'], '--set takes KEY=VALUE, not x'],
  [['start', 'otelcol', '--config', '/none'], '--config cannot be read'],
  [['build'], 'build takes one server'],
  [['build', '--all', 'otelcol'], 'build takes either --all or one server'],
])('rejects %j with exit code 64 and a reason', (args, why) => {
  expect(() => parseCommand(args)).toThrow(
    expect.objectContaining({ exitCode: 64, message: expect.stringContaining(why) }),
  );
});
