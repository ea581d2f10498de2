// Elasticsearch 8.19 with TLS, users and roles: the older major.
import { chmod, cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recipe } from '../recipe.ts';
import { findJdk, findMaven } from '../toolchain.ts';
import {
  asOrdinaryUser,
  type ElasticsearchOptions,
  type SecurityOptions,
  writeJvmOptions,
  writeSettings,
} from './elasticsearch-node.ts';
import { caFileOf, makeCertificate, plainSettings, secureSettings, writeUsers } from './elasticsearch-security.ts';

const version = '8.19.21';
const title = `Elasticsearch ${version} with TLS, users and roles`;
const artifact = `org.elasticsearch.distribution.integ-test-zip:elasticsearch:${version}:zip`;

// Newer ones lack the security manager that 8 still asks for; tried with 17.
const findItsJdk = (): string => findJdk({ for: title, atLeast: 17, atMost: 23 }, process.env);

export const elasticsearch8: Recipe<ElasticsearchOptions & SecurityOptions> = {
  title,
  version,
  byHand: false,
  sources: [import.meta.filename],
  async build(into, run) {
    const jdk = findItsJdk();
    const mvn = findMaven(title, process.env);
    const copy = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:copy';
    await run(mvn, ['-q', '-B', copy, `-Dartifact=${artifact}`, `-DoutputDirectory=${into}`], { cwd: into });
    const archive = join(into, `elasticsearch-${version}.zip`);
    await run(join(jdk, 'bin/jar'), ['--extract', '--file', archive], { cwd: into });
    await rm(archive);
    const unpacked = join(into, `elasticsearch-${version}`);
    for (const entry of await readdir(unpacked)) await rename(join(unpacked, entry), join(into, entry));
    await rm(unpacked, { recursive: true });
    // `jar` does not know the modes that a zip file holds.
    for (const script of await readdir(join(into, 'bin'))) await chmod(join(into, 'bin', script), 0o755);
    await mkdir(join(into, 'plugins'), { recursive: true });
    await makeCertificate(jdk, join(into, 'config'), run);
  },
  async launch(place, { settings, heapMb = 512, secure = true }) {
    const { home, port } = place;
    const config = join(home, 'config');
    const caFile = caFileOf(join(place.tree, 'config'));
    await cp(join(place.tree, 'config'), config, { recursive: true });
    await writeSettings(place, { ...(secure ? secureSettings : plainSettings), ...settings });
    await writeJvmOptions(place, heapMb);
    const credentials = secure ? await writeUsers(place) : undefined;
    const { tree, user } = await asOrdinaryUser(place);
    return {
      command: join(tree, 'bin/elasticsearch'),
      args: [],
      cwd: home,
      env: {
        HOME: home,
        ES_JAVA_HOME: findItsJdk(),
        ES_PATH_CONF: config,
        ES_TMPDIR: join(home, 'tmp'),
        CLI_JAVA_OPTS: '-Xms4m -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1',
      },
      ...(user && { user }),
      url: `${secure ? 'https' : 'http'}://127.0.0.1:${port}`,
      ready: { path: '/_cluster/health', status: 200 },
      dataDirectory: join(home, 'data'),
      ...(credentials && { credentials, caFile }),
    };
  },
};
