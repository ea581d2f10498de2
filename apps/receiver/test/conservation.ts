// For tests: the oracle. What a client was answered 202 is in the output with all its events, each under one id.
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { type Client, createClient } from './client.ts';
import { type RunningConnector, startProcess, type Workplace } from './connector-process.ts';
import type { Receipts } from './load.ts';

/** The words of every event that a receipt was given for and that the output does not have under it. */
export async function lostWords(place: Workplace, receipts: Receipts): Promise<readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const { extreme, message } of await place.documents()) {
    const { receipt } = extreme.xiq;
    found.set(receipt, (found.get(receipt) ?? new Set()).add(String(message)));
  }
  return [...receipts].flatMap(([receipt, words]) => words.filter((word) => found.get(receipt)?.has(word) !== true));
}

const ready = z.object({ destinations: z.array(z.object({ lagBodies: z.number() })) });

async function lagOf(client: Client, { adminUrl }: RunningConnector): Promise<number> {
  const { destinations } = ready.parse(JSON.parse((await client.get(`${adminUrl}/readyz`)).body));
  return Math.max(...destinations.map(({ lagBodies }) => lagBodies));
}

const deliverWithinMs = 15_000;

/** Starts the connector, waits until it has delivered, and stops it; gives what is wrong then, which should be nothing. */
export async function faultsAfterRestart(place: Workplace, receipts: Receipts): Promise<readonly string[]> {
  const connector = await startProcess(place);
  const client = createClient(connector.url, place.secret);
  const until = performance.now() + deliverWithinMs;
  while ((await lagOf(client, connector)) > 0 && performance.now() < until) await setTimeout(20);
  client.close();
  const ended = await connector.end('SIGTERM');
  const faults = ended === 0 ? [] : [`it ended with ${ended}:\n${connector.output()}`];
  const lost = (await lostWords(place, receipts)).map((words) => `lost: ${words}`);
  const idOf = new Map<string, string>();
  const wordsOf = new Map<string, string>();
  for (const { event, message } of await place.documents()) {
    const words = String(message);
    if ((idOf.get(words) ?? event.id) !== event.id) faults.push(`two ids: ${words}`);
    if ((wordsOf.get(event.id) ?? words) !== words) faults.push(`one id for two events: ${words}`);
    idOf.set(words, event.id);
    wordsOf.set(event.id, words);
  }
  return [...faults, ...lost];
}
