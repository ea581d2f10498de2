// VictoriaLogs: an independent HEC endpoint with a search.
import { join } from 'node:path';
import type { Recipe } from '../recipe.ts';
import { recipeFolder } from '../recipe-folder.ts';
import { buildGo } from './build-go.ts';

export interface VictoriaLogsOptions {
  /** Additional flags, e.g. `-retentionPeriod=7d`. */
  readonly flags?: readonly string[];
}

const source = recipeFolder('victorialogs');

export const victorialogs: Recipe<VictoriaLogsOptions> = {
  title: 'VictoriaLogs 1.51.1-dev',
  version: '1.51.1-dev',
  byHand: false,
  sources: [source],
  build: (into, run) =>
    buildGo(
      {
        title: victorialogs.title,
        source,
        packageName: 'github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs',
        output: join(into, 'victoria-logs'),
      },
      run,
    ),
  async launch({ tree, home, port }, { flags = [] }) {
    const dataDirectory = join(home, 'data');
    return {
      command: join(tree, 'victoria-logs'),
      args: [
        `-httpListenAddr=127.0.0.1:${port}`,
        `-storageDataPath=${dataDirectory}`,
        // Simulated events may have any time since 2015.
        '-retentionPeriod=100y',
        '-futureRetention=2d',
        '-inmemoryDataFlushInterval=1s',
        // The default is 60 % of the machine's memory.
        '-memory.allowedBytes=256MiB',
        ...flags,
      ],
      cwd: home,
      env: {},
      url: `http://127.0.0.1:${port}`,
      ready: { path: '/health', status: 200 },
      dataDirectory,
    };
  },
};
