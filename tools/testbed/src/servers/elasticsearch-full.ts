// Elasticsearch 9.4 as Elastic built it, from inside another product's archive: pipelines, painless, API keys. Large.
import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recipe } from '../recipe.ts';
import { recipeFolder } from '../recipe-folder.ts';
import { TestbedError } from '../testbed-error.ts';
import { findJdk, findMaven } from '../toolchain.ts';
import {
  asOrdinaryUser,
  type ElasticsearchOptions,
  type SecurityOptions,
  writeJvmOptions,
  writeSettings,
} from './elasticsearch-node.ts';
import { caFileOf, makeCertificate, plainSettings, secureSettings, writeUsers } from './elasticsearch-security.ts';
import { compileStandIns, standInSources } from './stand-ins.ts';

const version = '9.4.3';
const archiveVersion = '26.9.0.129388';
const title = `Elasticsearch ${version}, fuller: pipelines, painless, API keys`;
const project = join(recipeFolder('elasticsearch-full'), 'pom.xml');

// No test of ours needs them. apm, x-pack-core and x-pack-security must stay: the launcher looks for them.
const modulesLeftOut = [
  'x-pack-inference',
  'x-pack-esql-core',
  'x-pack-migrate',
  'x-pack-redact',
  'x-pack-geoip-enterprise-downloader',
  'old-lucene-versions',
  'rank-vectors',
  'health-shards-availability',
];

const findItsJdk = (): string => findJdk({ for: title, atLeast: 21 }, process.env);

export const elasticsearchFull: Recipe<ElasticsearchOptions & SecurityOptions> = {
  title,
  version,
  byHand: true,
  sources: [project, ...standInSources, import.meta.filename],
  async build(into, run) {
    const jdk = findItsJdk();
    const mvn = findMaven(title, process.env);
    const unpacked = join(into, 'unpacked');
    await mkdir(unpacked);
    await cp(project, join(unpacked, 'pom.xml'));
    const properties = [`-Darchive.version=${archiveVersion}`, `-Des.out=${unpacked}`];
    await run(mvn, ['-q', '-B', 'package', ...properties], { cwd: unpacked });
    const product = (await readdir(unpacked)).find((entry) => entry.startsWith('sonarqube-'));
    if (product === undefined) throw new TestbedError(`the archive ${archiveVersion} holds no Elasticsearch any more`);
    const inner = join(unpacked, product, 'elasticsearch');
    for (const entry of await readdir(inner)) await rename(join(inner, entry), join(into, entry));
    await rm(unpacked, { recursive: true });
    for (const name of modulesLeftOut) await rm(join(into, 'modules', name), { recursive: true, force: true });
    await compileStandIns({ jdk, tree: into, version }, run);
    await makeCertificate(jdk, join(into, 'config'), run);
  },
  async launch(place, { settings, heapMb = 512, secure = true }) {
    const { home, port } = place;
    const jdk = findItsJdk();
    const config = join(home, 'config');
    const caFile = caFileOf(join(place.tree, 'config'));
    await cp(join(place.tree, 'config'), config, { recursive: true });
    await writeSettings(place, { ...(secure ? secureSettings : plainSettings), ...settings });
    await writeJvmOptions(place, heapMb);
    const credentials = secure ? await writeUsers(place) : undefined;
    const { tree, user } = await asOrdinaryUser(place);
    const launcherOptions = ['-Xms4m', '-Xmx64m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
    return {
      command: join(jdk, 'bin/java'),
      args: [
        ...launcherOptions,
        '-cp',
        `${join(tree, 'lib/tools/server-launcher')}/*`,
        'org.elasticsearch.server.launcher.ServerLauncher',
      ],
      cwd: tree,
      env: {
        HOME: home,
        HOSTNAME: 'testbed',
        ES_HOME: tree,
        ES_PATH_CONF: config,
        ES_TMPDIR: join(home, 'tmp'),
        ES_DISTRIBUTION_TYPE: 'tar',
        JAVA: join(jdk, 'bin/java'),
        JAVA_TYPE: 'ES_JAVA_HOME',
        CLI_JAVA_OPTS: launcherOptions.join(' '),
      },
      ...(user && { user }),
      url: `${secure ? 'https' : 'http'}://127.0.0.1:${port}`,
      ready: { path: '/_cluster/health', status: 200 },
      dataDirectory: join(home, 'data'),
      ...(credentials && { credentials, caFile }),
    };
  },
};
