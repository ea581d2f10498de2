// For tests: checks that every event with a 202 response is in the output, each with one id.
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { type Client, createClient } from './client.ts';
import { type RunningConnector, startProcess, type TemporaryDirectory } from './connector-process.ts';
import type { Receipts } from './load.ts';

/** Messages of events that have a receipt and are missing in the output. */
export async function lostMessages(fixture: TemporaryDirectory, receipts: Receipts): Promise<readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const { extreme, message } of await fixture.documents()) {
    const { receipt } = extreme.xiq;
    found.set(receipt, (found.get(receipt) ?? new Set()).add(String(message)));
  }
  return [...receipts].flatMap(([receipt, message]) =>
    message.filter((word) => found.get(receipt)?.has(word) !== true),
  );
}

const ready = z.object({ destinations: z.array(z.object({ lagBodies: z.number() })) });

async function lagOf(client: Client, { adminUrl }: RunningConnector): Promise<number> {
  const { destinations } = ready.parse(JSON.parse((await client.get(`${adminUrl}/readyz`)).body));
  return Math.max(...destinations.map(({ lagBodies }) => lagBodies));
}

const deliverWithinMs = 15_000;

/** Starts the connector, waits until it has delivered, and stops it. Returns the problems found. */
export async function problemsAfterRestart(
  fixture: TemporaryDirectory,
  receipts: Receipts,
): Promise<readonly string[]> {
  const connector = await startProcess(fixture);
  const client = createClient(connector.url, fixture.secret);
  const until = performance.now() + deliverWithinMs;
  while ((await lagOf(client, connector)) > 0 && performance.now() < until) await setTimeout(20);
  client.close();
  const ended = await connector.end('SIGTERM');
  const faults = ended === 0 ? [] : [`it ended with ${ended}:\n${connector.output()}`];
  const lost = (await lostMessages(fixture, receipts)).map((message) => `lost: ${message}`);
  const idOf = new Map<string, string>();
  const messageOf = new Map<string, string>();
  for (const { event, message } of await fixture.documents()) {
    const text = String(message);
    if ((idOf.get(text) ?? event.id) !== event.id) faults.push(`two ids: ${text}`);
    if ((messageOf.get(event.id) ?? text) !== text) faults.push(`one id for two events: ${text}`);
    idOf.set(text, event.id);
    messageOf.set(event.id, text);
  }
  return [...faults, ...lost];
}
