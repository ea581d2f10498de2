// The serve command: start, failed start, readiness, stop.
import { globSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { progressReading } from '@xiq-siem/state';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { createClient } from './client.ts';
import { runCommand, startProcess, type TemporaryDirectory, temporaryDirectory } from './connector-process.ts';
import { withState } from './state-file.ts';

async function fixture(yaml?: string): Promise<TemporaryDirectory> {
  const made = await temporaryDirectory(yaml);
  onTestFinished(() => made.remove());
  return made;
}

const adminToken = z.object({ token: z.string() });
const login = '{"timeStamp":1636337187553,"userId":6553,"code":10001,"description":"Logged in"}';
const path = '/webhooks/xiq/AUDIT_LOG_ALL';

describe('a running connector', () => {
  it('stores a webhook and delivers it with its receipt', async () => {
    const here = await fixture();
    const connector = await startProcess(here);
    const client = createClient(connector.url, here.secret);
    expect(await client.get(`${connector.adminUrl}/healthz`)).toEqual({ status: 200, body: '{"status":"alive"}' });
    expect((await client.get(`${connector.adminUrl}/readyz`)).status).toBe(200);
    const { status, receipt } = await client.post(path, login);
    expect(status).toBe(202);
    await expect.poll(async () => (await here.documents()).length).toBe(1);
    const [document] = await here.documents();
    expect(document?.extreme.xiq.receipt).toBe(receipt);
    expect(document?.event.original).toBe(login);
    client.close();
    expect(await connector.end('SIGTERM')).toBe(0);
  });

  it('responds to requests in flight and delivers them before it ends by SIGTERM', async () => {
    const here = await fixture();
    const connector = await startProcess(here);
    const client = createClient(connector.url, here.secret);
    const posts = Array.from({ length: 200 }, (_, number) => client.post(path, login.replace('6553', String(number))));
    await Promise.race(posts);
    const ended = connector.end('SIGTERM');
    const responses = await Promise.allSettled(posts);
    expect(await ended).toBe(0);
    client.close();
    const receipts = responses.flatMap((response) =>
      response.status === 'fulfilled' ? (response.value.receipt ?? []) : [],
    );
    const delivered = new Set((await here.documents()).map(({ extreme }) => extreme.xiq.receipt));
    expect(receipts.length).toBeGreaterThan(0);
    expect(receipts.filter((receipt) => !delivered.has(receipt))).toEqual([]);
  });

  it('ends by SIGTERM while its destination is down, and delivers after the next start', async () => {
    const here = await fixture();
    // A file exists in place of the output directory.
    await writeFile(join(here.directory, 'out'), '');
    const first = await startProcess(here);
    const client = createClient(first.url, here.secret);
    const { receipt } = await client.post(path, login);
    client.close();
    expect(await first.end('SIGTERM')).toBe(0);
    await rm(join(here.directory, 'out'));
    const second = await startProcess(here);
    await expect
      .poll(async () => (await here.documents()).map(({ extreme }) => extreme.xiq.receipt))
      .toEqual([receipt]);
    expect(await second.end('SIGTERM')).toBe(0);
  });

  it('L10: writes to the path again after its file is renamed and SIGHUP, also with an invalid configuration', async () => {
    const here = await fixture();
    const connector = await startProcess(here);
    const client = createClient(connector.url, here.secret);
    await writeFile(here.configFile, 'nonsense: 1\n', { flag: 'a' });
    const out = join(here.directory, 'out');
    for (const rotated of [1, 2, 3]) {
      await client.post(path, login.replace('6553', String(rotated)));
      // An event whose file is renamed while it is written is written again.
      await expect.poll(async () => new Set((await here.documents()).map(({ event }) => event.id)).size).toBe(rotated);
      const [file = ''] = (await readdir(out)).filter((name) => name.endsWith('.ndjson'));
      await rename(join(out, file), join(out, `${file}.${rotated}`));
      await writeFile(join(out, file), '');
      process.kill(connector.pid, 'SIGHUP');
    }
    expect((await readdir(out)).length).toBe(4);
    client.close();
    expect(await connector.end('SIGTERM')).toBe(0);
    expect(connector.output()).toContain('configuration.reload_refused');
  });

  it('prints no secret, and neither journal nor output contains it', async () => {
    const here = await fixture();
    const connector = await startProcess(here);
    const client = createClient(connector.url, here.secret);
    await client.post(path, login);
    await expect.poll(async () => (await here.documents()).length).toBe(1);
    client.close();
    await connector.end('SIGTERM');
    expect(connector.output()).not.toContain(here.secret);
    const files = globSync(`${here.directory}/{data,out}/**/*`, { withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) {
      expect(await readFile(join(file.parentPath, file.name), 'latin1'), file.name).not.toContain(here.secret);
    }
  });

  it('sends new events only to a destination that is added later', async () => {
    const here = await fixture();
    const first = await startProcess(here);
    const earlier = createClient(first.url, here.secret);
    await earlier.post(path, login);
    earlier.close();
    await first.end('SIGTERM');
    const one = await readFile(here.configFile, 'utf8');
    await writeFile(
      here.configFile,
      one.replace('archive: {', 'second: { type: file, directory: ./later }, archive: {'),
    );
    const both = await startProcess(here);
    const client = createClient(both.url, here.secret);
    const { receipt } = await client.post(path, login);
    client.close();
    expect(await both.end('SIGTERM')).toBe(0);
    expect(await here.documents()).toHaveLength(2);
    const [name = '', ...more] = await readdir(join(here.directory, 'later'));
    expect(more).toEqual([]);
    const lines = (await readFile(join(here.directory, 'later', name), 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(receipt);
  });

  it('creates a managed secret that only its owner can read, and keeps it', async () => {
    const here = await fixture();
    await writeFile(here.configFile, 'server: { port: 0 }\nadmin: { port: 0 }\n');
    const secretFile = join(here.directory, 'data/secrets/xiq');
    const connector = await startProcess(here);
    const secret = (await readFile(secretFile, 'utf8')).trim();
    expect((await stat(secretFile)).mode & 0o777).toBe(0o600);
    expect(secret).toMatch(/^[\w-]{43}$/);
    const client = createClient(connector.url, secret);
    expect(await client.post(path, login)).toMatchObject({ status: 202 });
    client.close();
    await connector.end('SIGTERM');
    await (await startProcess(here)).end('SIGTERM');
    expect((await readFile(secretFile, 'utf8')).trim()).toBe(secret);
  });
});

describe('the admin listener', () => {
  it('accepts only its own token and only loopback host names', async () => {
    const here = await fixture();
    const connector = await startProcess(here);
    const adminFile = join(here.directory, 'data/admin.json');
    expect((await stat(adminFile)).mode & 0o777).toBe(0o600);
    const statusOf = (headers: Record<string, string>, at = '/api/v1/destinations/x/forget') =>
      new Promise<number>((resolve, reject) => {
        request(connector.adminUrl + at, { method: at === '/readyz' ? 'GET' : 'POST', headers }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        })
          .on('error', reject)
          .end();
      });
    const { token } = adminToken.parse(JSON.parse(await readFile(adminFile, 'utf8')));
    expect(await statusOf({})).toBe(401);
    expect(await statusOf({ authorization: 'Bearer wrong' })).toBe(401);
    expect(await statusOf({ authorization: `Bearer ${token}` })).toBe(404);
    expect(await statusOf({ authorization: `Bearer ${token}`, host: 'evil.example' })).toBe(403);
    expect(await statusOf({ host: 'evil.example' }, '/readyz')).toBe(403);
    await connector.end('SIGTERM');
    await expect(stat(adminFile)).rejects.toThrow('ENOENT');
    expect(connector.output()).not.toContain(token);
  });
});

describe('a connector that does not start says why', () => {
  it('75 where another process uses the data directory, and names it', async () => {
    const here = await fixture();
    const holder = await startProcess(here);
    const { code, output } = await runCommand(['serve', '--config', here.configFile], here.directory);
    expect(code).toBe(75);
    expect(output).toContain(String(holder.pid));
    await holder.end('SIGTERM');
  });

  it('78 where the data has a newer format, without changing it', async () => {
    const here = await fixture();
    await mkdir(join(here.directory, 'data'));
    await writeFile(join(here.directory, 'data/format'), '3\n');
    const { code, output } = await runCommand(['serve', '--config', here.configFile], here.directory);
    expect(code).toBe(78);
    expect(output).toContain('has format 3');
    expect(await readdir(join(here.directory, 'data'))).toEqual(['format']);
  });

  it('69 where its port is in use', async () => {
    const here = await fixture();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const yaml = await readFile(here.configFile, 'utf8');
    await writeFile(here.configFile, yaml.replace('server: { port: 0 }', `server: { port: ${port} }`));
    const { code, output } = await runCommand(['serve', '--config', here.configFile], here.directory);
    server.close();
    expect(code).toBe(69);
    expect(output).toContain(`cannot listen on 127.0.0.1:${port} (EADDRINUSE)`);
  });

  it('78 where the configuration is invalid, before it opens anything', async () => {
    const here = await fixture('nonsense: 1\n');
    const { code, output } = await runCommand(['serve', '--config', here.configFile], here.directory);
    expect(code).toBe(78);
    expect(output).toContain('nonsense: unknown key');
    await expect(stat(join(here.directory, 'data'))).rejects.toThrow('ENOENT');
  });
});

describe('commands', () => {
  it.each(['serve', 'validate', 'version', 'simulate', 'setup', 'destination'])(
    '%s answers --help',
    async (command) => {
      const { code, output } = await runCommand([command, '--help'], process.cwd());
      expect(code).toBe(0);
      expect(output).toMatch(/^Usage: /);
    },
  );

  it('validate prints every fault with its place, or the advice', async () => {
    const here = await fixture();
    const good = await runCommand(['validate', '--config', here.configFile], here.directory);
    expect(good).toMatchObject({ code: 0 });
    expect(good.output).toContain('one URL per message type');
    await writeFile(here.configFile, 'sources: { xiq: { type: xiq, secrets: [ { env: NOT_SET_ANYWHERE } ] } }\n');
    const bad = await runCommand(['validate', '--config', here.configFile, '--json'], here.directory);
    expect(bad.code).toBe(78);
    expect(JSON.parse(bad.output)).toMatchObject({
      ok: false,
      faults: [
        {
          line: 1,
          column: 41,
          field: 'sources.xiq.secrets[0]',
          message: expect.stringContaining('NOT_SET_ANYWHERE is not set'),
        },
      ],
    });
  });

  it('destination forget forgets a destination that is not configured, and no other', async () => {
    const here = await fixture();
    const one = await readFile(here.configFile, 'utf8');
    await writeFile(here.configFile, one.replace('archive: {', 'second: { type: file, directory: ./out }, archive: {'));
    const both = await startProcess(here);
    const forget = (name: string) =>
      runCommand(['destination', 'forget', name, '--yes', '--config', here.configFile], here.directory);
    expect(await forget('second')).toMatchObject({ code: 64 });
    await both.end('SIGTERM');
    await writeFile(here.configFile, one);
    expect(await forget('second')).toMatchObject({ code: 69, output: expect.stringContaining('no connector runs') });

    const alone = await startProcess(here);
    await expect.poll(() => alone.output()).toContain('"event":"destination.not_configured","destination":"second"');
    expect(await forget('archive')).toMatchObject({
      code: 64,
      output: expect.stringContaining('archive is still configured'),
    });
    expect(await forget('second')).toMatchObject({ code: 0 });
    expect(await forget('second')).toMatchObject({
      code: 66,
      output: expect.stringContaining('unknown destination second'),
    });
    await alone.end('SIGTERM');
    expect(await readdir(join(here.directory, 'data/positions'))).toEqual(['archive.position']);
    const known = await withState(here.directory, async (state) => {
      const { first } = progressReading(state);
      return [await first('archive'), await first('second')];
    });
    expect(known).toEqual([{ sequence: expect.any(Number), atMs: expect.any(Number) }, undefined]);
  });

  it.each([[['nothing']], [['serve', '--confg', 'x']], [['version', 'extra']]])(
    '%j is a wrong command line: 64',
    async (args) => {
      expect(await runCommand(args, process.cwd())).toMatchObject({ code: 64 });
    },
  );
});
