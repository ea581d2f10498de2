// What every Elasticsearch of the test bed is told: one node, loopback only, data in its own home.
import { chmod, chown, cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Launch, Place } from '../recipe.ts';

export type Settings = Readonly<Record<string, string | number | boolean>>;

export interface ElasticsearchOptions {
  /** More lines of elasticsearch.yml, e.g. `{ 'indexing_pressure.memory.limit': '64kb' }` for 429s. */
  readonly settings?: Settings;
  /** The most memory its heap takes, in MiB. Default: 1,024 for the bare one, 512 for the others. */
  readonly heapMb?: number;
}

export interface SecurityOptions {
  /** false: plain HTTP and no users. Default: true. */
  readonly secure?: boolean;
}

/** Writes elasticsearch.yml and makes the folders that it names. */
export async function writeSettings({ home, port }: Place, settings: Settings): Promise<void> {
  const all: Settings = {
    'cluster.name': 'testbed',
    'node.name': 'testbed',
    'discovery.type': 'single-node',
    'network.host': '127.0.0.1',
    'http.port': port,
    // It takes the first that is free.
    'transport.port': '30000-32000',
    'path.data': join(home, 'data'),
    'path.logs': join(home, 'logs'),
    'cluster.routing.allocation.disk.threshold_enabled': false,
    ...settings,
  };
  for (const folder of ['config', 'data', 'logs', 'tmp']) await mkdir(join(home, folder), { recursive: true });
  const lines = Object.entries(all).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  await writeFile(join(home, 'config/elasticsearch.yml'), lines.join(''));
}

/** Heap and a compiler for short lives: it starts sooner and holds less memory. */
export async function writeJvmOptions({ home }: Place, heapMb: number): Promise<void> {
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

/** The user `nobody` of every Linux. */
const nobody = { uid: 65_534, gid: 65_534 };

/**
 * A whole server refuses to run as root. Then it runs as nobody, from a copy in its home, because nobody may not look
 * into root's cache; `tree` is what it is to be started from.
 */
export async function asOrdinaryUser({ tree, home }: Place): Promise<{ tree: string } & Pick<Launch, 'user'>> {
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
