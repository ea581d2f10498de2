// Settings of every Elasticsearch of the testbed: one node, loopback only, data in its own folder.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from '../recipe.ts';

export type Settings = Readonly<Record<string, string | number | boolean>>;

export interface ElasticsearchOptions {
  /** More lines of elasticsearch.yml, e.g. `{ 'indexing_pressure.memory.limit': '64kb' }` for 429s. */
  readonly settings?: Settings;
  /** Maximum heap in MiB. Default: 1,024 for the bare server, 512 for the others. */
  readonly heapMb?: number;
}

/** Writes elasticsearch.yml and makes the folders that it names. */
export async function writeSettings({ home, port }: Place, settings: Settings): Promise<void> {
  const all: Settings = {
    'cluster.name': 'testbed',
    'node.name': 'testbed',
    'discovery.type': 'single-node',
    'network.host': '127.0.0.1',
    'http.port': port,
    // It uses the first free port.
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
