// The OpenTelemetry Collector: OTLP over HTTP in, a file out by default.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recipe } from '../recipe.ts';
import { recipeFolder } from '../recipe-folder.ts';
import { buildGo } from './build-go.ts';

export interface CollectorOptions {
  /**
   * The collector's YAML. `${env:OTLP_ENDPOINT}` is the address of the OTLP/HTTP receiver, `${env:OTLP_FILE}` the path
   * of `outputFile`, `${env:DATA}` a folder for a queue on disk. Default: recipes/otelcol/default.yaml.
   */
  readonly config?: string;
}

const source = recipeFolder('otelcol');
const defaultConfig = join(source, 'default.yaml');

export const otelcol: Recipe<CollectorOptions> = {
  title: 'OpenTelemetry Collector 0.162.0',
  version: '0.162.0',
  byHand: false,
  sources: ['main.go', 'go.mod', 'go.sum'].map((file) => join(source, file)),
  build: (into, run) => buildGo({ title: otelcol.title, source, packageName: '.', output: join(into, 'otelcol') }, run),
  async launch({ tree, home, port }, { config }) {
    const configFile = join(home, 'config.yaml');
    await writeFile(configFile, config ?? (await readFile(defaultConfig)));
    const dataDirectory = join(home, 'data');
    const outputFile = join(dataDirectory, 'logs.jsonl');
    return {
      command: join(tree, 'otelcol'),
      args: ['--config', configFile],
      cwd: home,
      env: { OTLP_ENDPOINT: `127.0.0.1:${port}`, OTLP_FILE: outputFile, DATA: dataDirectory },
      url: `http://127.0.0.1:${port}`,
      // Logs are accepted by POST only: a 405 for a GET shows that the receiver is running.
      ready: { path: '/v1/logs', status: 405 },
      dataDirectory,
      outputFile,
    };
  },
};
