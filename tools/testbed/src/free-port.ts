// Finds a free loopback port.
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { TestbedError } from './testbed-error.ts';

// Below the ephemeral range: an outgoing connection could take such a port before the server does.
const lowest = 20_000;
const highest = 29_999;
const attempts = 50;

/** A port of 127.0.0.1 that was free a moment ago. @throws TestbedError */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = randomInt(lowest, highest + 1);
    if (await isFree(port)) return port;
  }
  throw new TestbedError(
    `no free port was found on 127.0.0.1 between ${lowest} and ${highest} in ${attempts} attempts`,
  );
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen({ port, host: '127.0.0.1', exclusive: true });
  try {
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}
