// Which requests use the proxy: of destinations, of the REST client, and of telemetry. With real sockets.
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { runCommand, startProcess, type TemporaryDirectory, temporaryDirectory } from './connector-process.ts';

/** Each test starts the connector several times. */
const timeoutMs = 120_000;

const credentials = 'svc:Pr0xy%23Secret';
/** Every form of the credentials. */
const shown = /Pr0xy|Secret@|c3ZjOlByMHh5I1NlY3JldA/;
const authorization = `Basic ${Buffer.from('svc:Pr0xy#Secret').toString('base64')}`;

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Records who asked for what. Every request is answered with an empty object. */
async function server(): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const port = await listening(
    createServer(({ method, url }, response) => {
      asked.push(`${method} ${url}`);
      response.setHeader('content-type', 'application/json').end('{}');
    }),
  );
  return { port, asked };
}

/**
 * Tunnels and forwards to 127.0.0.1 whatever host is asked for, or refuses everything with 407 and the credentials in all
 * parts of the answer.
 */
async function proxy(refuses?: 'refuses'): Promise<{ port: number; asked: string[]; credentials: Set<string> }> {
  const asked: string[] = [];
  const seen = new Set<string>();
  const record = ({ method, url = '', headers }: IncomingMessage): string => {
    asked.push(`${method} ${url}`);
    seen.add(headers['proxy-authorization'] ?? 'none');
    return url;
  };
  const http = createServer((incoming, outgoing) => {
    const { host, pathname } = new URL(record(incoming));
    const { method, headers } = incoming;
    if (refuses !== undefined) {
      outgoing.writeHead(407, `Not for ${authorization}`).end(`no svc:Pr0xy#Secret here`);
      return;
    }
    const target = connect(Number(host.split(':')[1]), '127.0.0.1');
    target.end(`${method} ${pathname} HTTP/1.0\r\nHost: ${headers.host}\r\n\r\n`);
    incoming.resume();
    let text = '';
    target.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    target.on('end', () => outgoing.setHeader('content-type', 'application/json').end(text.split('\r\n\r\n')[1]));
    target.on('error', () => outgoing.destroy());
  });
  http.on('connect', (incoming, client) => {
    record(incoming);
    client.on('error', () => client.destroy());
    client.end(`HTTP/1.1 407 Not for ${authorization}\r\n\r\n`);
  });
  return { port: await listening(http), asked, credentials: seen };
}

/** Destinations, REST API and telemetry at the same address. They refuse the answer `{}`. */
async function connectorTo(base: string, egress = '{}'): Promise<TemporaryDirectory> {
  const here = await temporaryDirectory(
    `egress: ${egress}\ntelemetry: { otlp: { url: '${base}/v1/metrics', intervalSeconds: 3600 } }`,
    {
      elastic: { type: 'elasticsearch', nodes: [base], apiKey: { env: 'XIQ_TEST_SECRET' } },
      hec: { type: 'splunk-hec', url: base, token: { env: 'XIQ_TEST_SECRET' } },
    },
  );
  onTestFinished(() => here.remove());
  const yaml = await readFile(here.configFile, 'utf8');
  const api = `api: { baseUrl: '${base}', token: { env: XIQ_TEST_SECRET } }, subscriptions: { application: siem, publicUrl: 'https://127.0.0.1:1/webhooks/xiq', messageTypes: [ AUDIT_LOG_ALL ] }`;
  await writeFile(here.configFile, yaml.replace('type: xiq,', `type: xiq, ${api},`));
  return here;
}

/** Runs the connector until it has used each of them, and a command of the REST client. */
async function useAll(here: TemporaryDirectory, environment: Readonly<Record<string, string>>): Promise<string> {
  const list = ['subscriptions', 'list', '--config', here.configFile];
  const listed = await runCommand(list, here.directory, undefined, environment);
  const connector = await startProcess(here, [], environment);
  await expect.poll(connector.output).toContain('Destination hec');
  expect(await connector.end('SIGTERM')).toBe(0);
  return listed.output + connector.output();
}

const paths = (asked: readonly string[]): readonly string[] =>
  ['/services/collector', '/subscriptions/webhook', '/v1/metrics'].filter((path) =>
    asked.some((line) => line.includes(path)),
  );
const all = ['/services/collector', '/subscriptions/webhook', '/v1/metrics'];

it(
  'L16: HTTP_PROXY is not used for loopback, by none',
  async () => {
    const [direct, by] = [await server(), await proxy()];
    const here = await connectorTo(`http://127.0.0.1:${direct.port}`);
    await useAll(here, { HTTP_PROXY: `http://127.0.0.1:${by.port}` });
    expect([paths(direct.asked), by.asked]).toEqual([all, []]);
  },
  timeoutMs,
);

it(
  'L16: egress.proxy is used by all of them, for loopback too where noProxy says so',
  async () => {
    const [direct, by] = [await server(), await proxy()];
    const base = `http://127.0.0.1:${direct.port}`;
    const proxied = `proxy: "http://${credentials}@127.0.0.1:${by.port}"`;
    const output = await useAll(await connectorTo(base, `{ ${proxied}, noProxy: [] }`), {});
    expect(paths(by.asked)).toEqual(all);
    expect(paths(direct.asked)).toEqual(all);
    expect([...by.credentials]).toEqual([authorization]);
    expect(output).not.toMatch(shown);

    by.asked.length = 0;
    await useAll(await connectorTo(base, `{ ${proxied} }`), {});
    expect(by.asked).toEqual([]);
  },
  timeoutMs,
);

it(
  'L17: a proxy that refuses: all of them ask it, and its credentials are shown nowhere',
  async () => {
    const by = await proxy('refuses');
    for (const base of ['https://siem.example', 'http://127.0.0.1:1']) {
      const egress = `{ proxy: "127.0.0.1:${by.port}", noProxy: [] }`.replace('"', `"${credentials}@`);
      const output = await useAll(await connectorTo(base, egress), {});

      expect(output).toMatch(/407/);
      expect(output).toContain('check egress.proxy and its credentials');
      expect(output).not.toMatch(shown);
    }
    expect(new Set(by.asked.filter((line) => line.startsWith('CONNECT')))).toEqual(
      new Set(['CONNECT siem.example:443']),
    );
    expect([...by.credentials]).toEqual([authorization]);
    expect(paths(by.asked)).toEqual(all);
  },
  timeoutMs,
);

it.each([
  ['HTTP_PROXY', 'http://svc:Pr0xy#Secret@proxy:3128', 'not the URL of a proxy'],
  ['https_proxy', 'socks5://svc:Secret@proxy:1080', 'a proxy of type socks5 is not supported'],
])(
  'L17: %s that cannot be used: validate, serve and the REST client exit 78',
  async (name, value, text) => {
    const here = await connectorTo('http://127.0.0.1:1');
    for (const command of [['validate'], ['validate', '--json'], ['serve'], ['subscriptions', 'list']]) {
      const args = [...command, '--config', here.configFile];
      const { code, output } = await runCommand(args, here.directory, undefined, { [name]: value });
      expect([command, code]).toEqual([command, 78]);
      expect(output).toContain(text);
      expect(output).toContain(name);
      expect(output).not.toMatch(/Pr0xy|Secret@|\n {4}at /);
    }
  },
  timeoutMs,
);

it('L17: egress.proxy that cannot be used is a fault with its place', async () => {
  const here = await connectorTo('http://127.0.0.1:1', '{ proxy: "http://svc:Pr0xy#Secret@proxy:3128" }');
  for (const command of ['validate', 'serve']) {
    const { code, output } = await runCommand([command, '--config', here.configFile], here.directory);
    expect([command, code]).toEqual([command, 78]);
    expect(output).toContain('egress.proxy: not the URL of a proxy');
    expect(output).not.toMatch(shown);
  }
});
