import { describe, expect, it } from 'vitest';
import { advise } from './advice.ts';
import { configChanges } from './changes.ts';
import { formatFault } from './faults.ts';
import { checkConfiguration } from './load.ts';
import { testRegistry as registry } from './test-registry.ts';
import { parseYaml } from './yaml-file.ts';

const check = (yaml: string) =>
  checkConfiguration(parseYaml('c.yaml', yaml), '/etc/x/c.yaml', '/etc/x', registry, process.env);

async function configurationOf(yaml: string) {
  const checked = await check(yaml);
  if (!checked.ok) throw new Error(checked.faults.map(formatFault).join('\n'));
  return checked.configuration;
}

async function faultsOf(yaml: string): Promise<readonly string[]> {
  const checked = await check(yaml);
  return checked.ok ? [] : checked.faults.map(formatFault);
}

const oldNames = `signals:
  heartbeatMinutes: 7
destinations:
  a: { type: file, directory: x, whenFull: letGo }
  b:
    type: file
    directory: y
    whenFull: hold
`;
const currentNames = oldNames.replace('signals', 'healthEvents').replace('letGo', 'evict');

describe('a renamed key or value', () => {
  it('is read under its current name', async () => {
    const old = await configurationOf(oldNames);
    expect(old.healthEvents.heartbeatMinutes).toBe(7);
    expect(old.destinations.map(({ options }) => options.whenFull)).toEqual(['evict', 'hold']);
    const { changed, needsRestart } = configChanges(old, await configurationOf(currentNames));
    expect([changed, needsRestart]).toEqual([[], []]);
  });

  it('is advised against, with its place in the file', async () => {
    const advice = advise(await configurationOf(oldNames)).filter((text) => text.includes('renamed'));
    expect(advice).toEqual([
      'c.yaml:1:1: `signals` was renamed to `healthEvents`: rename it; the old name will be refused in the next release',
      'c.yaml:4:34: `whenFull: letGo` was renamed to `whenFull: evict`: rename it; the old name will be refused in the next release',
    ]);
    expect((await configurationOf(currentNames)).renamed).toEqual([]);
  });

  it('is a fault beside its current name', async () => {
    expect(await faultsOf('healthEvents:\n  enabled: false\nsignals: {}\n')).toEqual([
      'c.yaml:3:1: signals: the old name of `healthEvents`, which is also set: remove `signals`',
    ]);
  });
});

it('a fault below an old name has its place in the file and the name that the operator wrote', async () => {
  const yaml =
    'server: {}\nsignals:\n  enabled: maybe\n  silentFactor: 3\ndestinations:\n  a: { type: file, directory: x, whenFull: drop }\n';
  expect(await faultsOf(yaml)).toEqual([
    'c.yaml:3:3: signals.enabled: Invalid input: expected boolean, received string',
    'c.yaml:4:3: signals.silentFactor: removed: use healthEvents.silentMinutes, the minutes after which a source is silent',
    'c.yaml:6:34: destinations.a.whenFull: Invalid option: expected one of "evict"|"hold"',
  ]);
  const { locate } = await configurationOf('\nsignals:\n  enabled: true\n');
  expect(formatFault(locate({ path: ['healthEvents', 'enabled'], message: 'x' }))).toBe(
    'c.yaml:3:3: signals.enabled: x',
  );
});

it.each(['- a\n', 'signals: 7\n', 'destinations: 7\n', 'destinations: { a: 7 }\n', 'signals:\n', '"": 1\n'])(
  'a file of another shape has faults, not an exception: %j',
  async (yaml) => expect(await faultsOf(yaml)).not.toEqual([]),
);
