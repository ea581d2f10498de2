// For tests: posts webhooks from many connections and collects the receipts.
import { type Client, createClient, type Posted } from './client.ts';
import type { RunningConnector, TemporaryDirectory } from './connector-process.ts';

/** Receipt to the descriptions of its body's events. */
export type Receipts = Map<string, readonly string[]>;

export interface Load {
  readonly client: Client;
  /** Resolves after `count` 202 responses; rejects where the load ends before. */
  reached(count: number): Promise<void>;
  /** Resolves when the connector is gone or `stop` was called, and no request is in flight. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** Posts one body of one to three events with unique messages; adds a 202 response to `receipts`. */
export async function postOne(
  client: Client,
  label: string,
  number: number,
  receipts: Receipts,
  padding = 'x'.repeat((number * 7) % 900),
): Promise<Posted> {
  const messages = Array.from({ length: 1 + (number % 3) }, (_, index) => `${label}, body ${number}, event ${index}`);
  const events = messages.map((description) => ({
    timeStamp: 1_636_337_187_553,
    userId: 6553,
    code: 10001,
    description,
    padding,
  }));
  const posted = await client.post('/webhooks/xiq/AUDIT_LOG_ALL', JSON.stringify(events));
  if (posted.receipt !== undefined) receipts.set(posted.receipt, messages);
  return posted;
}

/** Posts from `connections` until `stop`, or until the connector does not respond. */
export function startLoad(
  { secret }: TemporaryDirectory,
  { url }: RunningConnector,
  label: string,
  receipts: Receipts,
  connections = 16,
): Load {
  const client = createClient(url, secret, connections);
  const waiting: { readonly count: number; readonly resolve: () => void; readonly reject: (error: Error) => void }[] =
    [];
  const tooFew = () => new Error(`${label}: the load ended after ${answered} bodies`);
  let stopped = false;
  let over = false;
  let number = 0;
  let answered = 0;

  async function sender(): Promise<void> {
    while (!stopped) {
      const posted = await postOne(client, label, number++, receipts).catch(() => undefined);
      if (posted === undefined) return;
      if (posted.receipt !== undefined) answered += 1;
      for (const { count, resolve } of waiting) if (answered >= count) resolve();
    }
  }

  const ended = Promise.all(Array.from({ length: connections }, sender)).then(() => {
    client.close();
    over = true;
    for (const { reject } of waiting) reject(tooFew());
  });
  return {
    client,
    reached: async function loadReached(count) {
      if (answered >= count) return;
      if (over) throw tooFew();
      await new Promise<void>((resolve, reject) => waiting.push({ count, resolve, reject }));
    },
    ended,
    stop: function stopLoad() {
      stopped = true;
      return ended;
    },
  };
}
