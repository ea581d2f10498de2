// Which room may know which: the arrows of ARCHITECTURE.md.
import type { Project } from './workspace.ts';

type Room = 'core' | 'api' | 'stage' | 'plugin' | 'testkit' | 'app' | 'tool';

/** What a room may import in what runs, and what its tests may import besides. */
const rules: Readonly<
  Record<Room, { readonly runs: readonly Room[]; readonly tests: readonly (Room | 'testbed' | 'simulator')[] }>
> = {
  core: { runs: [], tests: ['testkit'] },
  api: { runs: ['core'], tests: ['testkit'] },
  stage: { runs: ['core'], tests: ['testkit'] },
  plugin: { runs: ['core'], tests: ['testkit', 'testbed'] },
  testkit: { runs: ['core'], tests: [] },
  app: { runs: ['core', 'api', 'stage', 'plugin'], tests: ['testkit', 'testbed', 'simulator'] },
  // Tools stand outside the product: they may look at all of it, and nothing of it at them.
  tool: { runs: ['core', 'api', 'stage', 'plugin', 'testkit'], tests: ['testkit', 'app'] },
};

const scope = '@xiq-siem/';
/** Tests, what only they use (`test-*.ts`, `test/`, `fixtures/`), and what makes generated files. */
const isTest = (path: string): boolean => /\.test\.ts$|(^|\/)(test-[^/]*\.ts$|(test|scripts|fixtures)\/)/.test(path);

export function dependencyFaults(projects: readonly Project[]): readonly string[] {
  const exported = new Set(
    projects.flatMap(({ manifest }) => manifest.exports.map((path) => manifest.name + path.slice(1))),
  );
  const rooms = new Map(projects.map(({ manifest: { name, nx } }) => [name, roomOf(nx.tags)]));
  return projects.flatMap(({ path, manifest, files }) => {
    const own = rooms.get(manifest.name);
    if (own === undefined) return [`${path}: expected exactly one tag room:<room> in its package.json`];
    const allowed = rules[own];
    const may = (name: string, tests: boolean): boolean => {
      const room = rooms.get(name);
      if (room === undefined) return false;
      if (
        tests &&
        allowed.tests.some((other) =>
          other === 'testbed' || other === 'simulator' ? name === scope + other : other === room,
        )
      )
        return true;
      return allowed.runs.includes(room);
    };
    const declared = (names: Readonly<Record<string, string>>, tests: boolean): string[] =>
      Object.keys(names)
        .filter((name) => name.startsWith(scope) && !may(name, tests))
        .map((name) => `${path}: a ${own} must not depend on ${name}${tests ? ', not even in tests' : ''}`);
    const imported = files.flatMap((file) => {
      const test = isTest(file.path);
      const known = new Set(Object.keys({ ...manifest.dependencies, ...(test ? manifest.devDependencies : {}) }));
      return file.imports.flatMap((specifier) => {
        const place = `${path}/${file.path} imports ${specifier}`;
        if (specifier.startsWith('.')) {
          if (leaves(file.path, specifier)) return [`${place}: it leaves its own project`];
          return !test && isTest(specifier) ? [`${place}: that is for tests only`] : [];
        }
        if (!specifier.startsWith(scope)) return [];
        const name = specifier.split('/').slice(0, 2).join('/');
        if (rooms.has(name) && !exported.has(specifier))
          return [`${place}: only what its exports name is to be imported`];
        return known.has(name) ? [] : [`${place}: not declared in its package.json`];
      });
    });
    return [...declared(manifest.dependencies, false), ...declared(manifest.devDependencies, true), ...imported];
  });
}

function roomOf(tags: readonly string[]): Room | undefined {
  const found = tags.flatMap((tag) => (tag.startsWith('room:') ? [tag.slice(5)] : []));
  const [only] = found;
  return found.length === 1 && only !== undefined && isRoom(only) ? only : undefined;
}

function isRoom(name: string): name is Room {
  return Object.hasOwn(rules, name);
}

function leaves(file: string, specifier: string): boolean {
  const depth = file.split('/').length - 1;
  const up = specifier.split('/').filter((part) => part === '..').length;
  return up > depth;
}
