// The number of third-party packages at run time is documented and checked.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runtimePackages } from './runtime-packages.ts';
import { root } from './workspace.ts';

const text = (file: string): string => readFileSync(join(root, file), 'utf8');

it('SECURITY.md states the number of third-party packages at run time', () => {
  const packages = runtimePackages(text('pnpm-lock.yaml'), 'apps/receiver');
  const [, said] = /(\d+) packages of others run with the connector/.exec(text('SECURITY.md')) ?? [];
  expect(`${packages.length}: ${packages.join(' ')}`).toMatch(new RegExp(`^${said}: `));
});

it('no package is used in two versions, except those listed here with the reason', () => {
  const versions = new Map<string, number>();
  for (const key of runtimePackages(text('pnpm-lock.yaml'), 'apps/receiver')) {
    const name = key.slice(0, key.lastIndexOf('@'));
    versions.set(name, (versions.get(name) ?? 0) + 1);
  }
  const doubled = [...versions].flatMap(([name, count]) => (count > 1 ? [name] : []));
  // Elasticsearch's transport requires its own version; needle, used by splunk-logging, an old debug.
  expect(doubled).toEqual(['@opentelemetry/core', 'debug']);
});

const lock = (...snapshots: readonly string[]): string => `importers:
  app:
    dependencies:
      ours: { version: 'link:../ours' }
      a: { version: 1.0.0(peer@2.0.0) }
  ours:
    dependencies:
      b: { version: 1.0.0 }
    devDependencies:
      vitest: { version: 5.0.0 }
snapshots:
${snapshots.map((snapshot) => `  ${snapshot}`).join('\n')}
`;

it('counts transitive dependencies once, through workspace packages, without those of tests only', () => {
  const text = lock(
    'a@1.0.0(peer@2.0.0): { dependencies: { b: 1.0.0, c: 3.0.0 } }',
    'b@1.0.0: { optionalDependencies: { c: 3.0.0 } }',
    'c@3.0.0: {}',
    'vitest@5.0.0: {}',
  );
  expect(runtimePackages(text, 'app')).toEqual(['a@1.0.0', 'b@1.0.0', 'c@3.0.0']);
});
