// Checks the layers of ARCHITECTURE.md (which package may import which) and finds import cycles between folders.
import { dirname, normalize } from 'node:path/posix';
import type { Project } from './workspace.ts';

/** From lowest to highest: product code imports only lower layers. `plugins` and `tools` are whole folders. */
const layers: readonly (readonly string[])[] = [
  ['packages/core'],
  ['packages/admin-api', 'packages/journal', 'packages/delivery', 'packages/xiq', 'packages/testkit', 'plugins'],
  ['packages/config', 'packages/state'],
  ['packages/pipeline', 'packages/health-events'],
  ['packages/queries'],
  ['packages/jobs'],
  ['packages/xiq-account'],
  ['packages/cli'],
  ['apps/receiver'],
  ['tools'],
];

/** What tests may import besides their own layer and lower ones. */
const testsMayImport: Readonly<Record<string, readonly string[]>> = {
  plugins: ['tools/testbed'],
  'packages/cli': ['tools/simulator'],
  'apps/receiver': ['tools/testbed', 'tools/simulator'],
};

const scope = '@xiq-siem/';
/** Tests, test helpers (`test-*.ts`, `test/`, `fixtures/`) and generators of files (`scripts/`). */
const isTest = (path: string): boolean => /\.test\.ts$|(^|\/)(test-[^/]*\.ts$|(test|scripts|fixtures)\/)/.test(path);

const unitOf = (path: string): string => (/^(?:plugins|tools)\//.test(path) ? dirname(path) : path);
const layerOf = (path: string): number => layers.findIndex((names) => names.includes(unitOf(path)));

/** Why product code of `from` must not import `to`; undefined where it may. */
function refusal(from: string, to: string): string | undefined {
  if (to === 'packages/testkit' && unitOf(from) !== 'tools') return 'the testkit is for tests only';
  if (unitOf(to) === 'plugins' && from !== 'apps/receiver' && unitOf(from) !== 'tools') {
    return 'only the application may depend on plugins';
  }
  if (layerOf(to) < layerOf(from) || (unitOf(from) === 'tools' && unitOf(to) === 'tools')) return undefined;
  return 'it is on the same or a higher layer';
}

function testRefusal(from: string, to: string): string | undefined {
  const mayImport =
    layerOf(to) <= layerOf(from) ||
    ['packages/testkit', 'packages/xiq'].includes(to) ||
    unitOf(to) === 'plugins' ||
    testsMayImport[unitOf(from)]?.includes(to) === true;
  return mayImport ? undefined : 'it is on a higher layer, also for tests';
}

export function dependencyFaults(projects: readonly Project[]): readonly string[] {
  const exported = new Set(
    projects.flatMap(({ manifest }) => manifest.exports.map((path) => manifest.name + path.slice(1))),
  );
  const paths = new Map(projects.map(({ manifest: { name }, path }) => [name, path]));
  return projects.flatMap((project) => {
    const { path, manifest, files } = project;
    if (layerOf(path) < 0) return [`${path}: add it to a layer in dependency-rules.ts`];
    const declared = (names: Readonly<Record<string, string>>, refusalOf: typeof refusal): readonly string[] =>
      Object.keys(names).flatMap((name) => {
        if (!name.startsWith(scope)) return [];
        const why = refusalOf(path, paths.get(name) ?? '');
        return why === undefined ? [] : [`${path} must not depend on ${name}: ${why}`];
      });
    const imported = files.flatMap((file) => {
      const test = isTest(file.path);
      const known = new Set(Object.keys({ ...manifest.dependencies, ...(test ? manifest.devDependencies : {}) }));
      return file.imports.flatMap((specifier) => {
        const place = `${path}/${file.path} imports ${specifier}`;
        if (specifier.startsWith('.')) {
          if (targetOf(file.path, specifier).startsWith('..')) return [`${place}: the path is outside the project`];
          return !test && isTest(specifier) ? [`${place}: that is for tests only`] : [];
        }
        if (!specifier.startsWith(scope)) return [];
        const name = specifier.split('/').slice(0, 2).join('/');
        if (paths.has(name) && !exported.has(specifier)) {
          return [`${place}: the package does not export it`];
        }
        if (!test && /\/test-[^/]*$/.test(specifier)) return [`${place}: that is for tests only`];
        return known.has(name) ? [] : [`${place}: not declared in its package.json`];
      });
    });
    return [
      ...declared(manifest.dependencies, refusal),
      ...declared(manifest.devDependencies, testRefusal),
      ...imported,
      ...cycles(project),
    ];
  });
}

const targetOf = (file: string, specifier: string): string => normalize(`${dirname(file)}/${specifier}`);

/**
 * Import cycles between the files and subfolders of each folder. An import counts in the folder where the two paths
 * differ: `a/x.ts -> a/b/y.ts` is `x.ts -> b/` of the folder `a`.
 */
function cycles({ path, files }: Project): readonly string[] {
  const folders = new Map<string, Map<string, Set<string>>>();
  for (const file of files.filter(({ path: name }) => !isTest(name))) {
    for (const specifier of file.imports.filter((name) => name.startsWith('.'))) {
      const from = file.path.split('/');
      const to = targetOf(file.path, specifier).split('/');
      const parting = from.findIndex((part, index) => part !== to[index]);
      const [one, other] = [from[parting], to[parting]];
      if (one === undefined || other === undefined) continue;
      const folder = [path, ...from.slice(0, parting)].join('/');
      const imports = folders.get(folder) ?? new Map<string, Set<string>>();
      folders.set(folder, imports.set(one, (imports.get(one) ?? new Set<string>()).add(other)));
    }
  }
  return [...folders].flatMap(([folder, imports]) => {
    const cycle = cycleIn(imports);
    return cycle === undefined ? [] : [`${folder}: an import cycle: ${cycle.join(' -> ')}`];
  });
}

/** A cycle of the graph; its last node is its first one. */
function cycleIn(imports: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of imports.get(node) ?? []) {
      const found = visit(next, [...way, node]);
      if (found !== undefined) return found;
    }
    done.add(node);
    return undefined;
  };
  for (const node of imports.keys()) {
    const found = visit(node, []);
    if (found !== undefined) return found;
  }
  return undefined;
}
