// For tests: a configuration with all four types of destination and their servers, after `setup`.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunningServer, startServer } from '@xiq-siem/testbed';
import { type HecFake, startHecFake } from '@xiq-siem/testkit';
import { type Arrival, inCollector, inElasticsearch, inFiles, inHecFake } from './arrivals.ts';
import { runCommand, type TemporaryDirectory, temporaryDirectory } from './connector-process.ts';

export interface AllDestinations {
  readonly fixture: TemporaryDirectory;
  readonly elasticsearch: RunningServer;
  readonly collector: RunningServer;
  readonly hec: HecFake;
  /** By name of the destination: archive, elastic, splunk, otel. */
  arrivals(): Promise<Arrivals>;
  stop(): Promise<void>;
}

export interface Arrivals {
  readonly archive: readonly Arrival[];
  readonly elastic: readonly Arrival[];
  readonly splunk: readonly Arrival[];
  readonly otel: readonly Arrival[];
}

export interface AllDestinationsOptions {
  /** Added to the configuration. */
  readonly yaml?: string;
  /** Keys for each destination but the archive. */
  readonly each?: object;
  /** More destinations. */
  readonly others?: Readonly<Record<string, object>>;
}

/** A HEC token, in a file of the fixture. */
export const hecToken = { file: './hec-token' };
const token = 'hec-token-4711';

/** A fixture that contains the file of `hecToken`. */
export async function hecFixture(
  yaml: string,
  destinations: Readonly<Record<string, object>>,
): Promise<TemporaryDirectory> {
  const fixture = await temporaryDirectory(yaml, destinations);
  await writeFile(join(fixture.directory, hecToken.file), `${token}\n`, { mode: 0o600 });
  return fixture;
}

export const startHec = (): Promise<HecFake> => startHecFake({ tokens: { [token]: {} } });

export async function startAllDestinations({
  yaml = '',
  each = {},
  others = {},
}: AllDestinationsOptions): Promise<AllDestinations> {
  await using started = new AsyncDisposableStack();
  const [elasticsearch, collector, hec] = await Promise.all([
    startServer('elasticsearch', {}).then((server) => started.adopt(server, ({ stop }) => stop())),
    startServer('otelcol', {}).then((server) => started.adopt(server, ({ stop }) => stop())),
    startHec().then((server) => started.adopt(server, ({ close }) => close())),
  ]);
  const fixture = await hecFixture(yaml, {
    elastic: { type: 'elasticsearch', nodes: [elasticsearch.url], ...each },
    splunk: { type: 'splunk-hec', url: hec.url, token: hecToken, ...each },
    otel: { type: 'otel-logs', url: `${collector.url}/v1/logs`, ...each },
    ...others,
  });
  started.defer(() => fixture.remove());
  const setup = await runCommand(['setup', 'elastic', '--yes', '--config', fixture.configFile], fixture.directory);
  if (setup.code !== 0) throw new Error(`setup ended with ${setup.code}: ${setup.output}`);
  const rest = started.move();
  return {
    fixture,
    elasticsearch,
    collector,
    hec,
    async arrivals() {
      const archive = await inFiles(join(fixture.directory, 'out'));
      const elastic = await inElasticsearch(elasticsearch);
      return { archive, elastic, splunk: inHecFake(hec), otel: await inCollector(collector) };
    },
    stop: () => rest.disposeAsync(),
  };
}
