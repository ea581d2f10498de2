// Elasticsearch 9.5 from plain jars: no security, no ingest pipelines; starts fast.
import { cp, glob, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Recipe, RunProgram } from '../recipe.ts';
import { recipeFolder } from '../recipe-folder.ts';
import { findJdk, findMaven } from '../toolchain.ts';
import { type ElasticsearchOptions, writeSettings } from './elasticsearch-node.ts';
import { compileStandIns, standInSources } from './stand-ins.ts';

const version = '9.5.3';
const title = `Elasticsearch ${version}, bare`;
const project = join(recipeFolder('elasticsearch'), 'pom.xml');

const logging = `appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=[%d{ISO8601}][%p][%c{1.}] %m%n
rootLogger.level=info
rootLogger.appenderRef.console.ref=console
`;

const findServerJdk = (): string => findJdk({ for: title, atLeast: 21 }, process.env);

export const elasticsearch: Recipe<ElasticsearchOptions> = {
  title,
  version,
  byHand: false,
  sources: [project, ...standInSources, import.meta.filename],
  async build(into, run) {
    const jdk = findServerJdk();
    const mvn = findMaven(title, process.env);
    for (const folder of ['lib', 'plugins', 'native', 'launcher']) await mkdir(join(into, folder));
    await cp(project, join(into, 'pom.xml'));
    const properties = [`-Des.version=${version}`, `-Des.jars=${join(into, 'lib')}`];
    await run(mvn, ['-q', '-B', 'package', ...properties], { cwd: into });
    await layOutHttp(jdk, into, run);
    await compileStandIns({ jdk, tree: into, version, launcherInto: join(into, 'launcher') }, run);
    // The native codec, where the system has the library.
    for await (const library of glob('/usr/lib/*/libzstd.so.1')) {
      await rm(join(into, 'native/libzstd.so'), { force: true });
      await symlink(library, join(into, 'native/libzstd.so'));
    }
  },
  async launch(place, { settings, heapMb = 1024 }) {
    const { tree, home, port } = place;
    const jdk = findServerJdk();
    await writeSettings(place, { ...settings });
    await writeFile(join(home, 'config/log4j2.properties'), logging);
    return {
      command: join(jdk, 'bin/java'),
      args: [
        `-Xmx${heapMb}m`,
        '-XX:TieredStopAtLevel=1',
        '-XX:+UseSerialGC',
        '--enable-native-access=ALL-UNNAMED',
        '-Dtestbed.root=true',
        // The jars lack its vector library; `native` holds the one that best_compression and logsdb need.
        '-Dorg.elasticsearch.nativeaccess.enableVectorLibrary=false',
        `-Des.nativelibs.path=${join(tree, 'native')}`,
        `-Djava.io.tmpdir=${join(home, 'tmp')}`,
        '-cp',
        `${join(tree, 'launcher')}:${join(tree, 'lib')}/*`,
        'testbed.BareNode',
        tree,
        join(home, 'config'),
      ],
      cwd: home,
      env: {},
      url: `http://127.0.0.1:${port}`,
      ready: { path: '/_cluster/health', status: 200 },
      dataDirectory: join(home, 'data'),
    };
  },
};

/**
 * The HTTP layer is a module with its own class loader. Its descriptor is in its jar. Without the module's name it is
 * loaded by class path, as a node inside another JVM requires.
 */
async function layOutHttp(jdk: string, into: string, run: RunProgram): Promise<void> {
  const http = join(into, 'modules/transport-netty4');
  const inner = 'META-INF/es-plugins/transport-netty4/plugin-descriptor.properties';
  await mkdir(http, { recursive: true });
  const jars = (await readdir(join(into, 'lib'))).filter((jar) =>
    /^(netty-|transport-netty4-|elasticsearch-ssl-config-)/.test(jar),
  );
  for (const jar of jars) await rename(join(into, 'lib', jar), join(http, jar));
  const layer = jars.find((jar) => jar.startsWith('transport-netty4-')) ?? 'transport-netty4.jar';
  await run(join(jdk, 'bin/jar'), ['--extract', '--file', layer, inner], { cwd: http });
  const descriptor = await readFile(join(http, inner), 'utf8');
  await writeFile(join(http, basename(inner)), descriptor.replace(/^modulename=.*\n?/m, ''));
  await rm(join(http, 'META-INF'), { recursive: true });
}
