// Rules for the repository as a whole.
import { execFileSync } from 'node:child_process';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { countLines } from './count-lines.ts';
import { readManifest, readProjects, root } from './workspace.ts';

const text = (file: string): string => readFileSync(join(root, file), 'utf8');
const tracked = (): readonly string[] =>
  execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).trim().split('\n');

it('the top level has only the expected folders', () => {
  const folders = readdirSync(root, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
  const hidden = folders.filter((name) => !name.startsWith('.') && name !== 'node_modules' && name !== 'data');
  expect(hidden.sort()).toEqual(['apps', 'docs', 'packages', 'plugins', 'tools']);
});

it('no file is longer than 400 lines', () => {
  const long = readProjects().flatMap(({ path, files }) =>
    files.flatMap((file) => (file.lines > 400 && !file.path.endsWith('.generated.ts') ? [`${path}/${file.path}`] : [])),
  );
  expect(long).toEqual([]);
});

it('no package is larger than a fifth of the product, and the application stays small', () => {
  const packages = countLines(readProjects());
  const total = packages.reduce((sum, { lines }) => sum + lines, 0);
  expect(packages.filter(({ lines }) => lines > total / 5)).toEqual([]);
  expect(packages.find(({ path }) => path === 'apps/receiver')?.lines).toBeLessThan(5_500);
});

it('every file starts with a line that says what the file does', () => {
  const without = readProjects().flatMap(({ path, files }) =>
    files.flatMap((file) => {
      const [first = ''] = text(`${path}/${file.path}`).split('\n');
      return file.path.endsWith('.test.ts') || first.startsWith('// ') ? [] : [`${path}/${file.path}`];
    }),
  );
  expect(without).toEqual([]);
});

it('every dependency is pinned to one version', () => {
  const manifests = [readManifest('.'), ...readProjects().map(({ manifest }) => manifest)];
  const loose = manifests.flatMap(({ name, dependencies, devDependencies, optionalDependencies }) =>
    Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).flatMap(([dependency, version]) =>
      version === 'workspace:*' || /^\d+\.\d+\.\d+$/.test(version) ? [] : [`${name}: ${dependency} ${version}`],
    ),
  );
  expect(loose).toEqual([]);
});

it('no install script runs unless it is listed with a reason', () => {
  const [, builds = ''] = text('pnpm-workspace.yaml').split('allowBuilds:\n');
  const listed = builds.split('\n').filter((line) => /^ {2}\S/.test(line));
  expect(listed.length).toBeGreaterThan(0);
  for (const line of listed) expect(line).toMatch(/^ {2}\S+: (true|false) # .{10,}/);
});

it('no tracked file names a host of a registry or a path of one machine', () => {
  const suspicious = /registry\.(npmjs|yarnpkg)|\/work\/main|\/root\//;
  const found = tracked().filter((file) => !file.startsWith('tools/checks/') && suspicious.test(text(file)));
  expect(found).toEqual([]);
  expect(text('pnpm-lock.yaml')).not.toMatch(/https?:\/\//);
});

it('ARCHITECTURE.md names every package, and only files that are there', () => {
  const page = text('ARCHITECTURE.md');
  const projects = readProjects().filter(({ path }) => !/^(?:plugins|tools)\//.test(path));
  expect(projects.map(({ path }) => path).filter((path) => !page.includes(`\`${path}\``))).toEqual([]);
  const named = [...page.matchAll(/`([\w*/.-]+\.ts)`/g)]
    .map(([, path = '']) => path)
    .filter((path) => path.includes('/'));
  expect(named.length).toBeGreaterThan(20);
  const found = (path: string): boolean => globSync(`{,apps/,packages/,plugins/}${path}`, { cwd: root }).length > 0;
  expect(named.filter((path) => !found(path))).toEqual([]);
});
