// Elasticsearch 9.4 as built by Elastic, from the archive of another product: pipelines, painless, API keys. Large.
import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recipe } from '../recipe.ts';
import { recipeFolder } from '../recipe-folder.ts';
import { TestbedError } from '../testbed-error.ts';
import { findJdk, findMaven } from '../toolchain.ts';
import { makeCertificate, securitySource } from './elasticsearch-security.ts';
import { compileStandIns, standInSources } from './stand-ins.ts';
import { launcherOptions, layOutHome, type WholeElasticsearchOptions } from './whole-elasticsearch.ts';

const version = '9.4.3';
const archiveVersion = '26.9.0.129388';
const title = `Elasticsearch ${version}, fuller: pipelines, painless, API keys`;
const project = join(recipeFolder('elasticsearch-full'), 'pom.xml');

// No test needs them. apm, x-pack-core and x-pack-security must stay: the launcher requires them.
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

const findServerJdk = (): string => findJdk({ for: title, atLeast: 21 }, process.env);

export const elasticsearchFull: Recipe<WholeElasticsearchOptions> = {
  title,
  version,
  byHand: true,
  sources: [project, ...standInSources, import.meta.filename, securitySource],
  async build(into, run) {
    const jdk = findServerJdk();
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
  async launch(place, options) {
    const { tree, config, tmp, launch } = await layOutHome(place, options);
    const java = join(findServerJdk(), 'bin/java');
    const classPath = `${join(tree, 'lib/tools/server-launcher')}/*`;
    return {
      ...launch,
      command: java,
      args: [...launcherOptions, '-cp', classPath, 'org.elasticsearch.server.launcher.ServerLauncher'],
      cwd: tree,
      // As bin/elasticsearch sets them; the archive has no such script.
      env: {
        HOME: place.home,
        HOSTNAME: 'testbed',
        ES_HOME: tree,
        ES_PATH_CONF: config,
        ES_TMPDIR: tmp,
        ES_DISTRIBUTION_TYPE: 'tar',
        JAVA: java,
        JAVA_TYPE: 'ES_JAVA_HOME',
        CLI_JAVA_OPTS: launcherOptions.join(' '),
      },
    };
  },
};
