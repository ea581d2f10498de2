// Elasticsearch 8.19 with TLS, users and roles: the older major.
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recipe } from '../recipe.ts';
import { findJdk, findMaven } from '../toolchain.ts';
import { makeCertificate, securitySource } from './elasticsearch-security.ts';
import { launcherOptions, layOutHome, type WholeElasticsearchOptions } from './whole-elasticsearch.ts';

const version = '8.19.21';
const title = `Elasticsearch ${version} with TLS, users and roles`;
const artifact = `org.elasticsearch.distribution.integ-test-zip:elasticsearch:${version}:zip`;

// Newer JDKs lack the security manager that Elasticsearch 8 requires; tested with 17.
const findServerJdk = (): string => findJdk({ for: title, atLeast: 17, atMost: 23 }, process.env);

export const elasticsearch8: Recipe<WholeElasticsearchOptions> = {
  title,
  version,
  byHand: false,
  sources: [import.meta.filename, securitySource],
  async build(into, run) {
    const jdk = findServerJdk();
    const mvn = findMaven(title, process.env);
    const copy = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:copy';
    await run(mvn, ['-q', '-B', copy, `-Dartifact=${artifact}`, `-DoutputDirectory=${into}`], { cwd: into });
    const archive = join(into, `elasticsearch-${version}.zip`);
    await run(join(jdk, 'bin/jar'), ['--extract', '--file', archive], { cwd: into });
    await rm(archive);
    const unpacked = join(into, `elasticsearch-${version}`);
    for (const entry of await readdir(unpacked)) await rename(join(unpacked, entry), join(into, entry));
    await rm(unpacked, { recursive: true });
    // `jar` does not restore file modes.
    for (const script of await readdir(join(into, 'bin'))) await chmod(join(into, 'bin', script), 0o755);
    await mkdir(join(into, 'plugins'), { recursive: true });
    await makeCertificate(jdk, join(into, 'config'), run);
  },
  async launch(place, options) {
    const { tree, config, tmp, launch } = await layOutHome(place, options);
    return {
      ...launch,
      command: join(tree, 'bin/elasticsearch'),
      args: [],
      cwd: place.home,
      env: {
        HOME: place.home,
        ES_JAVA_HOME: findServerJdk(),
        ES_PATH_CONF: config,
        ES_TMPDIR: tmp,
        CLI_JAVA_OPTS: launcherOptions.join(' '),
      },
    };
  },
};
