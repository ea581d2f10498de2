import { expect, it } from 'vitest';
import { messageTypes, sentTypes } from './message-types.ts';
import { parseOptions, UsageError } from './options.ts';
import { scenarioNames } from './scenarios.ts';
import { shapes } from './shapes/shapes.ts';

const environment = { SECRET: 'hunter2' };
const parse = (...args: string[]) => parseOptions(['--secret-env', 'SECRET', ...args], environment, 1_800_000_000_000);

it('has defaults that send a hundred events to the connector on this machine', () => {
  expect(parse()).toEqual({
    json: false,
    url: new URL('http://127.0.0.1:8080/webhooks/xiq'),
    typedPath: true,
    form: 'basic',
    secret: 'hunter2',
    rate: 10,
    connections: 4,
    receiptsPath: undefined,
    scenarios: [],
    generate: {
      seed: 1,
      count: 100,
      types: messageTypes,
      batch: 10,
      casing: 'mixed',
      shapes: [],
      envelope: undefined,
      startTimeMs: Date.parse('2026-01-01T00:00:00Z'),
    },
  });
});

it('keeps simulated time in step with real time where it starts now', () => {
  expect(parse('--start-time', 'now', '--rate', '50')).toMatchObject({
    generate: { startTimeMs: 1_800_000_000_000, stepMs: 20 },
  });
  expect(parse('--start-time', 'now', '--rate', '0', '--count', '60')).toMatchObject({
    generate: { startTimeMs: 1_799_999_940_000 },
  });
});

it('selects shapes and scenarios; all shapes are those of all types', () => {
  expect(parse('--shapes', 'all')).toMatchObject({ generate: { shapes, types: sentTypes } });
  expect(parse('--shapes', 'gaps,times')).toMatchObject({
    generate: { shapes: ['gaps', 'times'], types: messageTypes },
  });
  expect(parse('--types', 'ALERT', '--envelope', 'data')).toMatchObject({
    generate: { types: ['ALERT'], envelope: 'data' },
  });
  expect(parse('--scenario', 'all')).toMatchObject({ scenarios: scenarioNames });
  // Scenarios that start now are over now.
  expect(parse('--scenario', 'gdpr', '--start-time', 'now')).toMatchObject({
    scenarios: ['gdpr'],
    generate: { startTimeMs: 1_799_999_400_000 },
  });
});

it.each([
  [['--secret', 'hunter2'], /'--secret'/],
  [['--secret-file', '/none'], /expected one of/],
  [['--shapes', 'content,none'], /--shapes: unknown none/],
  [['--envelope', 'paper'], /expected data or message/],
  [['--scenario', 'none'], /expected all or some of brute-force/],
  [['--scenario', 'spray', '--count', '5'], /remove --count/],
  [['--types', 'AUDIT_LOG_ALL,NONE'], /unknown NONE/],
  [['--auth', 'digest'], /expected basic or bearer or bare/],
  [['--rate', '-1'], /--rate/],
  [['--count', '1.5'], /whole number/],
  [['--connections', '0'], /from 1/],
  [['--url', 'ftp://x'], /http/],
  [['--url', 'http://xiq:hunter2@127.0.0.1/'], /--secret-file/],
  [['--start-time', 'soon'], /expected ISO 8601 or now, not soon/],
  [['--start-time', 'now', '--rate', '0', '--count', '0'], /requires --rate or --count/],
  [['extra'], /extra/],
])('reports the fault of %j', (args, message) => {
  const failure = () => parse(...args);
  expect(failure).toThrow(UsageError);
  expect(failure).toThrow(message);
});

it('requires a secret that exists', () => {
  expect(() => parseOptions([], environment, 0)).toThrow(/--secret-file PATH and --secret-env NAME/);
  expect(() => parseOptions(['--secret-env', 'NONE'], environment, 0)).toThrow('NONE is not set');
  expect(() => parseOptions(['--secret-file', '/nowhere/secret'], environment, 0)).toThrow('/nowhere/secret');
});
