// For tests: a connector with a simulated ExtremeCloud IQ that sends webhooks and has a REST API.
import { type CompletenessLine, type Job, routes } from '@xiq-siem/admin-api';
import { type MessageType, startXiqCloud, type XiqCloud, type XiqCloudOptions } from '@xiq-siem/simulator';
import { type OperatedConnector, type OperatorFixture, operatorFixture } from './operator-fixture.ts';

export interface RestFixture {
  readonly cloud: XiqCloud;
  readonly operator: OperatorFixture;
  /** Starts the connector and subscribes it. */
  start(): Promise<OperatedConnector>;
  /** Ids of XIQ's events in the output. Throws where two bodies brought the same event. */
  delivered(): Promise<ReadonlySet<string>>;
  /** Resolves when the output has `events` of XIQ's events; rejects after ten seconds. */
  hasDelivered(events: number): Promise<void>;
  /** `--from … --to …` of the last two hours, or of the last `minutes`. */
  span(minutes?: number): string;
  /** `backfill` of the last two hours; resolves with its last line. */
  backfill(message?: string): Promise<{ readonly code: number | string; readonly job: Job }>;
  completeness(
    message?: string,
  ): Promise<{ readonly code: number | string; readonly lines: readonly CompletenessLine[] }>;
}

export const types = ['AUDIT_LOG_ALL', 'AUTHENTICATION_LOG_ALL'] as const satisfies readonly MessageType[];

const apiToken = 'a-long-lived-token';

export interface RestFixtureOptions {
  readonly cloud?: XiqCloudOptions;
  readonly api?: object;
  readonly subscriptions?: object;
  /** The parent of the fixture's directory. */
  readonly parent?: string;
}

export async function restFixture(options: RestFixtureOptions = {}): Promise<RestFixture & AsyncDisposable> {
  const account = { username: 'admin@acme.example', password: 'simulator', apiToken };
  const cloud = await startXiqCloud({ accounts: [account], ...options.cloud });
  const operator = await operatorFixture(
    {
      destinations: { archive: { type: 'file', directory: './out', minFreeBytes: 0 } },
      healthEvents: { enabled: false },
      sources: {
        xiq: {
          type: 'xiq',
          secrets: [{ env: 'XIQ_TEST_SECRET' }],
          api: { baseUrl: cloud.url, token: { file: './token' }, ...options.api },
          subscriptions: {
            ...{ application: 'siem', publicUrl: 'http://127.0.0.1:9/webhooks/xiq', messageTypes: types },
            ...{ settleMinutes: 0, ...options.subscriptions },
          },
        },
      },
    },
    { token: apiToken },
    options.parent,
  );
  const running = new Set<OperatedConnector>();
  const span = (minutes = 120): string =>
    `--from ${new Date(Date.now() - minutes * 60_000).toISOString()} --to ${new Date().toISOString()}`;

  async function delivered(): Promise<ReadonlySet<string>> {
    const documents = await operator.work.documents();
    const receipts = new Map<string, string>();
    for (const { event, extreme } of documents) {
      // A body that was delivered just before a kill is delivered again, with the same receipt.
      const first = receipts.get(event.id) ?? extreme.xiq.receipt;
      if (first !== extreme.xiq.receipt) throw new Error(`event ${event.id} is there twice`);
      receipts.set(event.id, first);
    }
    return new Set(receipts.keys());
  }
  return {
    ...{ cloud, operator, delivered, span },
    start: async function startSubscribed() {
      const connector = await operator.start();
      running.add(connector);
      for (const { id } of cloud.subscriptions.list()) cloud.subscriptions.remove(id);
      for (const messageType of types) {
        const url = `${connector.url}/webhooks/xiq/${messageType}`;
        cloud.subscriptions.add({ url, messageType, secret: operator.work.secret, application: 'siem' });
      }
      return connector;
    },
    async hasDelivered(events) {
      const giveUpAt = performance.now() + 10_000;
      for (;;) {
        const { size } = await delivered();
        if (size === events) return;
        if (performance.now() > giveUpAt) throw new Error(`${size} events were delivered, and not ${events}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async backfill(message = span()) {
      const { code, lines } = await operator.runJson(routes.watchJob, `backfill ${message}`);
      const job = lines.at(-1);
      if (job === undefined) throw new Error('no job');
      return { code, job };
    },
    completeness: (message = span()) => operator.runJson(routes.completeness, `completeness ${message}`),
    async [Symbol.asyncDispose]() {
      for (const connector of running) await connector.end('SIGKILL');
      await operator[Symbol.asyncDispose]();
      await cloud.close();
    },
  };
}
