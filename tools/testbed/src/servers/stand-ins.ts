// Builds a test plugin that replaces modules of Elasticsearch that are not available.
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunProgram } from '../recipe.ts';
import { recipeFolder } from '../recipe-folder.ts';

/** The sources of the build: the Java sources of plugin and launcher, and this file. */
export const standInSources: readonly string[] = [
  join(recipeFolder('elasticsearch'), 'testbed'),
  join(recipeFolder('elasticsearch'), 'META-INF'),
  import.meta.filename,
];

const launcher = 'BareNode';

/** Compiles the plugin against `tree`/lib into `tree`/plugins; with `launcherInto`, also the launcher for plain jars. */
export async function compileStandIns(
  { jdk, tree, version, launcherInto }: { jdk: string; tree: string; version: string; launcherInto?: string },
  run: RunProgram,
): Promise<void> {
  const source = recipeFolder('elasticsearch');
  const classes = join(tree, 'classes');
  const plugin = join(tree, 'plugins/testbed-stand-ins');
  await mkdir(plugin, { recursive: true });
  await mkdir(classes);
  const names = ['StandInPlugin', 'FailureStoreFeature', ...(launcherInto ? [launcher] : [])];
  const files = names.map((name) => join(source, 'testbed', `${name}.java`));
  const compile = ['-nowarn', '--release', '21', '-d', classes, '-cp', join(tree, 'lib/*'), ...files];
  await run(join(jdk, 'bin/javac'), compile, { cwd: tree });
  if (launcherInto) {
    const compiled = join(classes, 'testbed', `${launcher}.class`);
    await cp(compiled, join(launcherInto, 'testbed', `${launcher}.class`));
    await rm(compiled);
  }
  await cp(join(source, 'META-INF'), join(classes, 'META-INF'), { recursive: true });
  await run(join(jdk, 'bin/jar'), ['--create', '--file', join(plugin, 'stand-ins.jar'), '-C', classes, '.'], {
    cwd: tree,
  });
  await rm(classes, { recursive: true });
  const descriptor = {
    name: 'testbed-stand-ins',
    description: 'stand-ins for modules missing here, for tests only',
    version: '1',
    classname: 'testbed.StandInPlugin',
    'java.version': '21',
    'elasticsearch.version': version,
  };
  const lines = Object.entries(descriptor).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(join(plugin, 'plugin-descriptor.properties'), lines.join(''));
}
