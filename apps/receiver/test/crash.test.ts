// Repeated kill -9 of the node process under load: every event with a 202 response is in the output.
import { expect, it } from 'vitest';
import { createClient } from './client.ts';
import {
  type RunningConnector,
  startProcess,
  type TemporaryDirectory,
  temporaryDirectory,
} from './connector-process.ts';

const kills = Number(process.env['XIQ_SIEM_KILLS'] ?? 8);

/** Receipt to the descriptions of its body's events. */
type Receipts = Map<string, readonly string[]>;

/** A body of one to three events of the same millisecond, each with its own message. */
function bodyOf(run: number, number: number): { readonly body: string; readonly messages: readonly string[] } {
  const messages = Array.from({ length: 1 + (number % 3) }, (_, index) => `run ${run} body ${number} event ${index}`);
  const events = messages.map((description) => ({
    timeStamp: 1_636_337_187_553,
    userId: 6553,
    code: 10001,
    description,
    padding: 'x'.repeat(number % 500),
  }));
  return { body: JSON.stringify(number % 2 === 0 && events.length === 1 ? events[0] : events), messages };
}

/** Posts from many connections and kills `connector` under load after `after` responses. */
async function loadUntilKilled(
  fixture: TemporaryDirectory,
  connector: RunningConnector,
  run: number,
  after: number,
  receipts: Receipts,
): Promise<void> {
  const client = createClient(connector.url, fixture.secret);
  const enough = Promise.withResolvers<void>();
  let killed = false;
  let number = 0;
  let answered = 0;
  const sender = async (): Promise<void> => {
    while (!killed) {
      const { body, messages } = bodyOf(run, number++);
      const posted = await client.post('/webhooks/xiq/AUDIT_LOG_ALL', body).catch(() => undefined);
      if (posted?.receipt === undefined) continue;
      receipts.set(posted.receipt, messages);
      answered += 1;
      if (answered > after) enough.resolve();
    }
  };
  const senders = Array.from({ length: 32 }, sender);
  await enough.promise;
  expect(await connector.end('SIGKILL')).toBe('SIGKILL');
  killed = true;
  await Promise.all(senders);
  client.close();
}

it(`after ${kills} kills every receipt is in the output, at least once, with the same ids`, {
  timeout: 30_000 + kills * 3_000,
}, async () => {
  // Small segments and no retention: segments are created and removed all the time.
  const fixture = await temporaryDirectory('journal: { segmentBytes: 65536, minFreeBytes: 0, retainForHours: 0 }');
  const receipts: Receipts = new Map();
  for (let run = 0; run < kills; run += 1) {
    // The moment varies from run to run: start, append, roll-over and delivery are all hit.
    await loadUntilKilled(fixture, await startProcess(fixture), run, (run * 137) % 1_000, receipts);
  }
  const last = await startProcess(fixture);
  expect(await last.end('SIGTERM')).toBe(0);

  const documents = await fixture.documents();
  const idOf = new Map<string, string>();
  const messageOf = new Map<string, Set<string>>();
  for (const { event, extreme, message } of documents) {
    const text = String(message);
    expect(idOf.get(text) ?? event.id, text).toBe(event.id);
    idOf.set(text, event.id);
    const found = messageOf.get(extreme.xiq.receipt) ?? new Set();
    messageOf.set(extreme.xiq.receipt, found.add(text));
  }
  const lost = [...receipts].filter(([receipt, messages]) =>
    messages.some((each) => messageOf.get(receipt)?.has(each) !== true),
  );
  expect(lost).toEqual([]);
  expect(new Set(idOf.values()).size).toBe(idOf.size);
  expect(receipts.size).toBeGreaterThan(kills * 10);
  console.log(
    `${kills} kills: ${receipts.size} receipts, ${lost.length} lost, ${documents.length - idOf.size} duplicates of ${documents.length} documents`,
  );
  await fixture.remove();
});
