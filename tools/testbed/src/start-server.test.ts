import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { freePort } from './free-port.ts';
import { leftoversAfterStop } from './leftovers.ts';
import { groupRuns } from './process-group.ts';
import type { Recipe } from './recipe.ts';
import { sendRequest } from './send-request.ts';
import { type RunningServer, type StartOptions, startRecipe } from './start-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'start-server-'));
vi.stubEnv('XIQ_TESTBED_CACHE', join(folder, 'cache'));
afterAll(() => rmSync(folder, { recursive: true }));

let server: RunningServer | undefined;
afterEach(() => server?.stop());

/** A server that returns how often it was started, and has a child process as Elasticsearch's launcher has. */
const counting = `
  const { appendFileSync, readFileSync } = require('node:fs');
  const [port, data] = process.argv.slice(1);
  appendFileSync(data + '/starts', 'x');
  require('node:child_process').spawn('sleep', ['600'], { stdio: 'inherit' });
  const starts = readFileSync(data + '/starts').length;
  require('node:http').createServer((_, response) => response.end(String(starts))).listen(port, '127.0.0.1');
  console.log('it listens');
`;

function serverOf(program: string): Recipe<StartOptions & { ports?: number[] }> {
  return {
    title: 'A server of one page',
    version: '1',
    byHand: false,
    sources: [],
    build: async () => {},
    launch: async ({ home, port: given }, { ports }) => {
      const port = ports?.shift() ?? given;
      return {
        command: process.execPath,
        args: ['-e', program, String(port), join(home, 'data')],
        cwd: home,
        env: {},
        url: `http://127.0.0.1:${port}`,
        ready: { path: '/', status: 200 },
        dataDirectory: join(home, 'data'),
        credentials: { admin: { username: 'a', password: 'b' }, writer: { username: 'c', password: 'd' } },
      };
    },
  };
}

it('starts, returns its address, and leaves neither process nor data after a stop', async () => {
  server = await startRecipe('page', serverOf(counting), {});
  expect((await sendRequest(server.url)).text).toBe('1');
  expect(JSON.parse(readFileSync(server.credentialsFile ?? '', 'utf8'))).toEqual(server.credentials);
  expect(await server.logs()).toBe('it listens\n');
  expect(await leftoversAfterStop(server)).toEqual([]);
  expect(await server.logs()).toBe('it listens\n');
  expect(server.processGroup()).toBeUndefined();
  await expect(server.restart()).rejects.toThrow('page was stopped and its data removed');
});

it('is killed and starts again at the same address with the same data', async () => {
  server = await startRecipe('page', serverOf(counting), {});
  const first = server.processGroup() ?? 0;
  await server.kill();
  await server.ended();
  expect(groupRuns(first)).toBe(false);
  await server.restart();
  expect((await sendRequest(server.url)).text).toBe('2');
  await server.restart();
  expect((await sendRequest(server.url)).text).toBe('3');
  expect(await leftoversAfterStop(server)).toEqual([]);
});

it('runs many servers at once, each at its own address', async () => {
  const many = await Promise.all([1, 2, 3].map(() => startRecipe('page', serverOf(counting), {})));
  const left = await Promise.all(many.map(leftoversAfterStop));
  expect(new Set(many.map(({ url }) => url)).size).toBe(3);
  expect(left.flat()).toEqual([]);
});

it('is killed where it does not stop in time', async () => {
  server = await startRecipe('page', serverOf(`process.on('SIGTERM', () => {});${counting}`), { stopTimeoutMs: 100 });
  expect(await leftoversAfterStop(server)).toEqual([]);
});

it('reports the output of a server that ends before it is ready', async () => {
  const failing = startRecipe('page', serverOf(`console.log('the disk is full'); process.exit(3)`), {});
  await expect(failing).rejects.toThrow(
    /page did not start: it ended with code 3\. Its last output:\nthe disk is full/,
  );
});

it('fails for a server that is not ready in time, and leaves nothing of it', async () => {
  const homes: string[] = [];
  const deaf = serverOf('setInterval(() => {}, 1000)');
  const recipe: typeof deaf = {
    ...deaf,
    async launch(place, options) {
      homes.push(place.home);
      return deaf.launch(place, options);
    },
  };
  const failing = startRecipe('page', recipe, { startTimeoutMs: 300 });
  await expect(failing).rejects.toThrow(/http.*\/ did not return 200 within 0\.3 s/);
  expect(homes.map((home) => existsSync(home))).toEqual([false]);
});

it('uses another port where another process took its own', async () => {
  const taken = await freePort();
  const other = createServer((_, response) => void response.writeHead(418).end()).listen(taken, '127.0.0.1');
  await once(other, 'listening');
  server = await startRecipe('page', serverOf(counting), { ports: [taken] });
  other.close();
  expect((await sendRequest(server.url)).text).toBe('1');
});

it('ends its server and removes its data also after kill -9', async () => {
  const starter = join(folder, 'starter.ts');
  const module = JSON.stringify(join(import.meta.dirname, 'start-server.ts'));
  const launch = { program: counting, node: process.execPath };
  writeFileSync(
    starter,
    `import { startRecipe } from ${module};
     const { program, node } = ${JSON.stringify(launch)};
     const recipe = { title: '', version: '1', byHand: false, sources: [], build: async () => {},
       launch: async ({ home, port }) => ({ command: node, args: ['-e', program, String(port), home + '/data'], cwd: home, env: {},
         url: 'http://127.0.0.1:' + port, ready: { path: '/', status: 200 }, dataDirectory: home + '/data' }) };
     const server = await startRecipe('page', recipe, {});
     console.log(JSON.stringify({ group: server.processGroup(), data: server.dataDirectory }));`,
  );
  const parent = spawn(process.execPath, [starter], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(parent.stdout, 'data');
  const { group, data } = JSON.parse(String(line));
  expect(groupRuns(group)).toBe(true);
  parent.kill('SIGKILL');
  await expect.poll(() => [groupRuns(group), existsSync(dirname(data))], { timeout: 10_000 }).toEqual([false, false]);
});
