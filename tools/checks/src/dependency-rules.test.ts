import { describe, expect, it } from 'vitest';
import { dependencyFaults } from './dependency-rules.ts';
import type { Project } from './workspace.ts';
import { importsOf, readProjects } from './workspace.ts';

interface Made {
  readonly path: string;
  readonly room: string;
  readonly dependencies?: readonly string[];
  readonly devDependencies?: readonly string[];
  readonly files?: readonly Project['files'][number][];
}

const named = (names: readonly string[] = []): Record<string, string> =>
  Object.fromEntries(names.map((name) => [`@xiq-siem/${name}`, 'workspace:*']));

function project({ path, room, dependencies, devDependencies, files = [] }: Made): Project {
  return {
    path,
    files,
    manifest: {
      name: `@xiq-siem/${path.split('/')[1]}`,
      exports: ['.'],
      dependencies: named(dependencies),
      devDependencies: named(devDependencies),
      optionalDependencies: {},
      nx: { tags: [`room:${room}`] },
    },
  };
}

const house = [
  project({ path: 'packages/core', room: 'core' }),
  project({ path: 'packages/journal', room: 'stage', dependencies: ['core'], devDependencies: ['testkit'] }),
  project({ path: 'packages/testkit', room: 'testkit', dependencies: ['core'] }),
  project({ path: 'plugins/file', room: 'plugin', dependencies: ['core'], devDependencies: ['testkit'] }),
  project({ path: 'apps/receiver', room: 'app', dependencies: ['core', 'journal', 'file'] }),
  project({ path: 'tools/simulator', room: 'tool' }),
];
const withOne = (made: Made): readonly string[] =>
  dependencyFaults([...house.filter(({ path }) => path !== made.path), project(made)]);

it('the workspace keeps the rules', () => {
  const projects = readProjects();
  expect(projects.length).toBeGreaterThan(8);
  expect(dependencyFaults(projects)).toEqual([]);
});

describe('a broken rule is found', () => {
  it('a house in order has no fault', () => expect(dependencyFaults(house)).toEqual([]));

  it.each([
    ['core knows nobody', { path: 'packages/core', room: 'core', dependencies: ['journal'] }],
    ['stages do not know each other', { path: 'packages/xiq', room: 'stage', dependencies: ['core', 'journal'] }],
    ['a plugin knows core alone', { path: 'plugins/file', room: 'plugin', dependencies: ['core', 'journal'] }],
    ['the app does not ship the testkit', { path: 'apps/receiver', room: 'app', dependencies: ['testkit'] }],
    ['nobody imports tools', { path: 'apps/receiver', room: 'app', dependencies: ['simulator'] }],
    ['not even tests import tools', { path: 'packages/journal', room: 'stage', devDependencies: ['simulator'] }],
    ['every project has its room', { path: 'packages/attic', room: 'attic' }],
  ])('%s', (_rule, made) => expect(withOne(made)).toHaveLength(1));

  it.each([
    ['an undeclared import', '@xiq-siem/journal'],
    ['an import past the index', '@xiq-siem/core/src/secret.ts'],
    ['what runs importing what only tests use', './test-context.ts'],
    ['an import that leaves the project', '../../core/src/secret.ts'],
  ])('%s', (_rule, specifier) => {
    const files = [{ path: 'src/x.ts', lines: 1, imports: [specifier] }];
    expect(withOne({ path: 'plugins/file', room: 'plugin', dependencies: ['core'], files })).toHaveLength(1);
  });

  it('what runs may not import what only tests may', () => {
    const imports = ['@xiq-siem/testkit'];
    const made = { path: 'plugins/file', room: 'plugin', dependencies: ['core'], devDependencies: ['testkit'] };
    expect(withOne({ ...made, files: [{ path: 'src/x.ts', lines: 1, imports }] })).toHaveLength(1);
    expect(withOne({ ...made, files: [{ path: 'src/x.test.ts', lines: 1, imports }] })).toEqual([]);
  });
});

it('finds every form of import', () => {
  const text = `import a from 'a';\nimport {\n  type B,\n  c,\n} from 'b';\nimport 'd';\nexport { e } from 'e';\nconst f = await import('f');\n`;
  expect([...importsOf(text)].sort()).toEqual(['a', 'b', 'd', 'e', 'f']);
});
