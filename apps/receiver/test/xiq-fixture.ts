// For tests: a connector on a fixed port that is subscribed to a simulated ExtremeCloud IQ.
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { startXiqCloud, type XiqCloud, type XiqCloudOptions } from '@xiq-siem/simulator';
import {
  type Ended,
  type RunningConnector,
  runCommand,
  startProcess,
  type TemporaryDirectory,
  temporaryDirectory,
} from './connector-process.ts';

export interface XiqFixture extends AsyncDisposable {
  readonly cloud: XiqCloud;
  readonly work: TemporaryDirectory;
  readonly publicUrl: string;
  readonly secretFile: string;
  /** Writes the configuration; `subscriptions` are additional keys of it. */
  configure(subscriptions?: string): Promise<void>;
  start(): Promise<RunningConnector>;
  /** `xiq-siem <arguments> --config …`. */
  run(...args: readonly string[]): Promise<Ended>;
}

const token = 'canary-api-token';

export async function xiqFixture(options: XiqCloudOptions = {}): Promise<XiqFixture> {
  const cloud = await startXiqCloud({ accounts: [{ username: 'a', password: 'p', apiToken: token }], ...options });
  const work = await temporaryDirectory();
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}/webhooks/xiq`;
  await writeFile(join(work.directory, 'token'), token, { mode: 0o600 });
  const running = new Set<RunningConnector>();
  const fixture: XiqFixture = {
    ...{ cloud, work, publicUrl },
    secretFile: join(work.directory, 'data', 'secrets', 'xiq'),
    configure: (subscriptions = '') =>
      writeFile(
        work.configFile,
        `server: { port: ${port} }
admin: { port: 0 }
healthEvents: { heartbeatMinutes: 0.1 }
destinations: { archive: { type: file, directory: ./out, minFreeBytes: 0 } }
sources:
  xiq:
    type: xiq
    api: { baseUrl: '${cloud.url}', token: { file: ./token } }
    subscriptions:
      { application: siem, publicUrl: '${publicUrl}', messageTypes: [ AUDIT_LOG_ALL, SMS_LOG_ALL ], ${subscriptions} }
`,
      ),
    start: async function startConnector() {
      const connector = await startProcess(work);
      running.add(connector);
      return connector;
    },
    run: (...args) => runCommand([...args, '--config', work.configFile], work.directory),
    async [Symbol.asyncDispose]() {
      for (const connector of running) await connector.end('SIGKILL');
      await cloud.close();
      await work.remove();
    },
  };
  await fixture.configure();
  return fixture;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Polls until `check` returns a value; rejects after `ms`. */
export async function until<Value>(
  what: string,
  check: () => Promise<Value | undefined | false>,
  ms = 20_000,
): Promise<Value> {
  const end = performance.now() + ms;
  for (;;) {
    const response = await check();
    if (response !== undefined && response !== false) return response;
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await setTimeout(50);
  }
}
