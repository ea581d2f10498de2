// Shared by the full Elasticsearch builds: security, the launcher, and a user other than root.
import { chmod, chown, cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Launch, Place } from '../recipe.ts';
import { type ElasticsearchOptions, writeSettings } from './elasticsearch-node.ts';
import { caFileOf, plainSettings, secureSettings, writeUsers } from './elasticsearch-security.ts';

export interface WholeElasticsearchOptions extends ElasticsearchOptions {
  /** false: plain HTTP and no users. Default: true. */
  readonly secure?: boolean;
}

/** Java options of the launcher, which only waits for the server. */
export const launcherOptions: readonly string[] = ['-Xms4m', '-Xmx64m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

export interface LaidOut {
  /** The folder to start the server from. */
  readonly tree: string;
  readonly config: string;
  readonly tmp: string;
  readonly launch: Omit<Launch, 'command' | 'args' | 'cwd' | 'env'>;
}

/** Creates the home folder of one start: configuration, users, folders. */
export async function layOutHome(
  place: Place,
  { settings, heapMb = 512, secure = true }: WholeElasticsearchOptions,
): Promise<LaidOut> {
  const { home, port } = place;
  const config = join(home, 'config');
  const pristine = join(place.tree, 'config');
  await cp(pristine, config, { recursive: true });
  await writeSettings(place, { ...(secure ? secureSettings : plainSettings), ...settings });
  await writeJvmOptions(place, heapMb);
  const security = secure && { credentials: await writeUsers(place), caFile: caFileOf(pristine) };
  const { tree, user } = await asOrdinaryUser(place);
  return {
    tree,
    config,
    tmp: join(home, 'tmp'),
    launch: {
      url: `${secure ? 'https' : 'http'}://127.0.0.1:${port}`,
      ready: { path: '/_cluster/health', status: 200 },
      dataDirectory: join(home, 'data'),
      ...security,
      ...(user && { user }),
    },
  };
}

/** JVM options for short runs: a faster start and less memory. */
async function writeJvmOptions({ home }: Place, heapMb: number): Promise<void> {
  const options = [
    '-Xms128m',
    `-Xmx${heapMb}m`,
    '-XX:-AlwaysPreTouch',
    '-XX:TieredStopAtLevel=1',
    '-XX:-UseG1GC',
    '-XX:+UseSerialGC',
    '-XX:-HeapDumpOnOutOfMemoryError',
  ];
  await mkdir(join(home, 'config/jvm.options.d'), { recursive: true });
  await writeFile(join(home, 'config/jvm.options.d/testbed.options'), `${options.join('\n')}\n`);
}

/** The user `nobody` on Linux. */
const nobody = { uid: 65_534, gid: 65_534 };

/**
 * A full server refuses to run as root. It then runs as the user `nobody` from a copy in its home folder, because that
 * user cannot read root's cache. `tree` is the folder to start from.
 */
async function asOrdinaryUser({ tree, home }: Place): Promise<{ tree: string } & Pick<Launch, 'user'>> {
  if (process.getuid?.() !== 0) return { tree };
  const copy = join(home, 'server');
  await cp(tree, copy, { recursive: true });
  await chmod(copy, 0o755);
  for (const folder of ['config', 'data', 'logs', 'tmp']) await giveTo(nobody, join(home, folder));
  await chown(home, nobody.uid, nobody.gid);
  return { tree: copy, user: nobody };
}

async function giveTo({ uid, gid }: typeof nobody, folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const path of [folder, ...entries.map((entry) => join(entry.parentPath, entry.name))])
    await chown(path, uid, gid);
}
