import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

const script = `
  const { standardErrorLogger } = await import(${JSON.stringify(new URL('./log.ts', import.meta.url).href)});
  const log = standardErrorLogger();
  for (const level of ['debug', 'info', 'warn', 'error', 'error']) log[level]('it');
  process.exit(3);
`;

/** The log lines of a process with this environment. */
function written(env: Readonly<Record<string, string>>) {
  const { stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    env,
    encoding: 'utf8',
  });
  const lines = stderr.split('\n').filter((line) => line !== '');
  return {
    status,
    lines: lines.map((line) => JSON.parse(line)).map(({ level, event, repeated }) => [level, event, repeated]),
  };
}

it('writes info and higher, and pending repetitions when the process exits', () => {
  expect(written({})).toEqual({
    status: 3,
    lines: [
      ['info', 'it', undefined],
      ['warn', 'it', undefined],
      ['error', 'it', undefined],
      ['error', 'it', 1],
    ],
  });
});

it('XIQ_SIEM_LOG_LEVEL sets the lowest level, and XIQ_SIEM_DEBUG=1 means debug', () => {
  const levels = (env: Readonly<Record<string, string>>) => new Set(written(env).lines.map(([level]) => level));
  expect(levels({ XIQ_SIEM_LOG_LEVEL: 'ERROR' })).toEqual(new Set(['error']));
  expect(levels({ XIQ_SIEM_LOG_LEVEL: 'error', XIQ_SIEM_DEBUG: '1' })).toEqual(
    new Set(['debug', 'info', 'warn', 'error']),
  );
});

it('an unknown level is logged, and info is used', () => {
  const { lines } = written({ XIQ_SIEM_LOG_LEVEL: 'loud' });
  expect(lines.slice(0, 2)).toEqual([
    ['warn', 'log.unknown_level', undefined],
    ['info', 'it', undefined],
  ]);
});
