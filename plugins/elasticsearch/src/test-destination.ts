// For tests: a destination at a fake Elasticsearch, with the template written.
import type { ElasticsearchConfig } from './config.ts';
import { elasticsearchDestination } from './elasticsearch-destination.ts';
import { elasticsearchSetup } from './setup.ts';
import { apiKey, batchOf, configOf, noSignal, testContext } from './test-context.ts';
import { type Script, startTestServer } from './test-server.ts';

/** `cleanUp` runs work at the end of a test. */
export const starter = (cleanUp: (work: () => Promise<void>) => void) =>
  async function start(changes: Partial<ElasticsearchConfig> = {}, withTemplate = true) {
    const server = await startTestServer();
    cleanUp(() => server.down().catch(() => {}));
    const test = testContext();
    const config = configOf(server.url, { apiKey, ...changes });
    const setup = await elasticsearchSetup(config, test.context);
    if (withTemplate) await setup.apply();
    const destination = await elasticsearchDestination.create(config, test.context);
    cleanUp(async () => destination.close?.());
    const send = (...ids: readonly string[]) => destination.deliver(batchOf(ids), noSignal);
    const script = (next: ReturnType<Script>) => server.script(({ path }) => (path === '/_bulk' ? next : undefined));
    return { server, config, destination, send, script, setup, ...test };
  };
