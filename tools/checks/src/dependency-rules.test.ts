import { describe, expect, it } from 'vitest';
import { dependencyFaults } from './dependency-rules.ts';
import type { Project } from './workspace.ts';
import { importsOf, readProjects } from './workspace.ts';

interface Made {
  readonly path: string;
  readonly dependencies?: readonly string[];
  readonly devDependencies?: readonly string[];
  readonly exports?: readonly string[];
  readonly files?: Readonly<Record<string, readonly string[]>>;
}

const named = (names: readonly string[] = []): Record<string, string> =>
  Object.fromEntries(names.map((name) => [`@xiq-siem/${name}`, 'workspace:*']));

const project = ({ path, dependencies, devDependencies, exports = ['.'], files = {} }: Made): Project => ({
  path,
  files: Object.entries(files).map(([name, imports]) => ({ path: name, lines: 1, imports })),
  manifest: {
    name: `@xiq-siem/${path.split('/')[1]}`,
    exports: [...exports],
    dependencies: named(dependencies),
    devDependencies: named(devDependencies),
    optionalDependencies: {},
  },
});

const house = [
  project({ path: 'packages/core' }),
  project({ path: 'packages/journal', dependencies: ['core'], devDependencies: ['testkit'] }),
  project({ path: 'packages/state', dependencies: ['core', 'journal'] }),
  project({ path: 'packages/pipeline', dependencies: ['state'], exports: ['.', './test-pipeline'] }),
  project({ path: 'packages/testkit', dependencies: ['core'] }),
  project({ path: 'plugins/file', dependencies: ['core'], devDependencies: ['testkit'] }),
  project({ path: 'apps/receiver', dependencies: ['core', 'journal', 'file'] }),
  project({ path: 'tools/simulator' }),
  project({ path: 'tools/testbed' }),
];
const withOne = (made: Made): readonly string[] =>
  dependencyFaults([...house.filter(({ path }) => path !== made.path), project(made)]);

it('the workspace follows the rules', () => {
  const projects = readProjects();
  expect(projects.length).toBeGreaterThan(8);
  expect(dependencyFaults(projects)).toEqual([]);
});

describe('a broken rule is reported', () => {
  it('a correct workspace has no fault', () => expect(dependencyFaults(house)).toEqual([]));

  it.each([
    ['core knows nobody', { path: 'packages/core', dependencies: ['journal'] }],
    ['stages do not know each other', { path: 'packages/xiq', dependencies: ['core', 'journal'] }],
    ['nothing runs upward', { path: 'packages/state', dependencies: ['core', 'pipeline'] }],
    ['not even tests look upward', { path: 'packages/state', dependencies: ['core'], devDependencies: ['pipeline'] }],
    ['a plugin knows core alone', { path: 'plugins/file', dependencies: ['core', 'journal'] }],
    ['only the application knows plugins', { path: 'packages/state', dependencies: ['core', 'file'] }],
    ['the application does not ship the testkit', { path: 'apps/receiver', dependencies: ['testkit'] }],
    ['nobody imports tools', { path: 'apps/receiver', dependencies: ['simulator'] }],
    ['not even tests import tools', { path: 'packages/journal', devDependencies: ['simulator'] }],
    ['every package has its layer', { path: 'packages/attic' }],
  ])('%s', (_rule, made) => expect(withOne(made)).toHaveLength(1));

  it.each([
    ['an undeclared import', '@xiq-siem/journal'],
    ['an import past the index', '@xiq-siem/core/src/secret.ts'],
    ['what runs importing what only tests use', './test-context.ts'],
    ['an import that leaves the project', '../../core/src/secret.ts'],
  ])('%s', (_rule, specifier) => {
    expect(withOne({ path: 'plugins/file', dependencies: ['core'], files: { 'src/x.ts': [specifier] } })).toHaveLength(
      1,
    );
  });

  it('product code may not import test code', () => {
    const made = { path: 'plugins/file', dependencies: ['core'], devDependencies: ['testkit'] };
    expect(withOne({ ...made, files: { 'src/x.ts': ['@xiq-siem/testkit'] } })).toHaveLength(1);
    expect(withOne({ ...made, files: { 'src/x.test.ts': ['@xiq-siem/testkit'] } })).toEqual([]);
    const app = { path: 'apps/receiver', dependencies: ['pipeline'] };
    expect(withOne({ ...app, files: { 'src/x.ts': ['@xiq-siem/pipeline/test-pipeline'] } })).toHaveLength(1);
  });
});

describe('an import cycle is reported', () => {
  it.each([
    ['between two folders', { 'src/a/x.ts': ['../b/y.ts'], 'src/b/z.ts': ['../a/w.ts'] }, 'packages/core/src'],
    ['by way of a third', { 'src/a/x.ts': ['../b/y.ts'], 'src/b/z.ts': ['../c.ts'], 'src/c.ts': ['./a/w.ts'] }, 'src'],
    ['between a folder and a file beside it', { 'src/a/x.ts': ['../y.ts'], 'src/y.ts': ['./a/z.ts'] }, 'src'],
    ['between two files', { 'src/a/x.ts': ['./y.ts'], 'src/a/y.ts': ['./x.ts'] }, 'src/a'],
  ])('%s', (_where, files, folder) => {
    const [fault, ...others] = withOne({ path: 'packages/core', files });
    expect(fault).toContain(`${folder}: an import cycle: `);
    expect(others).toEqual([]);
  });

  it('imports that diverge again are no cycle, nor is an import of a test', () => {
    const files = {
      'src/a/x.ts': ['../b/y.ts', '../c.ts'],
      'src/b/y.ts': ['../c.ts'],
      'src/b/y.test.ts': ['../a/x.ts'],
    };
    expect(withOne({ path: 'packages/core', files })).toEqual([]);
  });
});

it('finds every form of import', () => {
  const text = `import a from 'a';\nimport {\n  type B,\n  c,\n} from 'b';\nimport 'd';\nexport { e } from 'e';\nconst f = await import('f');\n`;
  expect([...importsOf(text)].sort()).toEqual(['a', 'b', 'd', 'e', 'f']);
});
