import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectorError } from '@xiq-siem/core';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataDirectory } from './data-directory.ts';

const options = { now: Date.now, log: createRecordingLogger(), prepare: async () => {} };
let parent: string;
let path: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'data-directory-'));
  path = join(parent, 'data');
});
afterEach(() => rm(parent, { recursive: true }));

async function snapshot(): Promise<readonly unknown[]> {
  const names = (await readdir(parent, { recursive: true })).sort();
  return Promise.all(
    names.map(async (name) => {
      const status = await stat(join(parent, name));
      const content = status.isFile() ? await readFile(join(parent, name), 'hex') : '';
      return [name, status.mode, status.mtimeMs, status.ino, content];
    }),
  );
}

describe('the data directory', () => {
  it('is created with its subdirectories, for its owner only', async () => {
    const data = await openDataDirectory(path, options);
    const rooms = ['journal', 'positions', 'quarantine', 'secrets'];
    const names = await readdir(path);
    expect(names.sort()).toEqual([...rooms, 'format', 'instance.json', 'lock', 'lock.json'].sort());
    for (const name of ['.', ...rooms]) expect((await stat(join(path, name))).mode & 0o777, name).toBe(0o700);
    expect(await readFile(join(path, 'format'), 'utf8')).toBe('2\n');
    expect(data.paths.secrets).toBe(join(path, 'secrets'));
    await data.close();
  });

  it('is reported when it is created, and not when it is opened again', async () => {
    const log = createRecordingLogger();
    for (let start = 0; start < 2; start += 1) await (await openDataDirectory(path, { ...options, log })).close();
    expect(log.of('data_directory.created')).toMatchObject([{ attributes: { directory: path } }]);
  });

  it('that cannot be created is rejected at once, with its path', async () => {
    // Node's recursive mkdir loops forever there.
    for (const impossible of ['/proc/self/nowhere/x', '/proc/x/y']) {
      await expect(openDataDirectory(impossible, options), impossible).rejects.toMatchObject({
        name: 'ConnectorError',
        code: 'data_directory_failed',
        exitCode: 74,
        message: expect.stringContaining(`${impossible} cannot be created`),
      });
    }
  });

  it('with a damaged lock file is not reported as in use', async () => {
    await mkdir(path);
    await writeFile(join(path, 'lock'), 'no database'.repeat(100));
    await expect(openDataDirectory(path, options)).rejects.toMatchObject({ code: 'data_directory_failed' });
  });

  it('is created once if two processes start at the same time', async () => {
    const both = await Promise.allSettled([openDataDirectory(path, options), openDataDirectory(path, options)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const one of both) {
      if (one.status === 'fulfilled') await one.value.close();
      else expect(one.reason).toMatchObject({ code: 'data_directory_locked' });
    }
  });

  it('keeps its instance id', async () => {
    const first = await openDataDirectory(path, options);
    await first.close();
    const { ino } = await stat(join(path, 'format'));
    const second = await openDataDirectory(path, options);
    expect((await stat(join(path, 'format'))).ino).toBe(ino);
    expect(second.instanceId).toBe(first.instanceId);
    expect(second.instanceId).toMatch(/^[0-9a-f-]{36}$/);
    await second.close();
  });

  it('of a newer format is rejected and not changed', async () => {
    await (await openDataDirectory(path, options)).close();
    await writeFile(join(path, 'format'), '3\n');
    const before = await snapshot();
    await expect(openDataDirectory(path, options)).rejects.toMatchObject({ code: 'data_format_newer', exitCode: 78 });
    expect(await snapshot()).toEqual(before);
  });

  it('is prepared under its lock before it has the format, if it is new or of format 1', async () => {
    const calls: unknown[] = [];
    const open = () =>
      openDataDirectory(path, {
        ...options,
        async prepare(directory, fromFormat) {
          await expect(openDataDirectory(path, options)).rejects.toMatchObject({ code: 'data_directory_locked' });
          const format = await readFile(join(directory, 'format'), 'utf8').catch(() => 'none');
          calls.push([directory, fromFormat, format, (await readdir(directory)).includes('quarantine')]);
        },
      });
    await (await open()).close();
    await (await open()).close();
    await writeFile(join(path, 'format'), '1\n');
    await (await open()).close();
    await (await open()).close();
    expect(calls).toEqual([
      [path, 0, 'none', true],
      [path, 1, '1\n', true],
    ]);
    expect(await readFile(join(path, 'format'), 'utf8')).toBe('2\n');
  });

  it.each([0, 1])('keeps format %i if its preparation fails, is unlocked, and is prepared again', async (format) => {
    if (format === 1) {
      await (await openDataDirectory(path, options)).close();
      await writeFile(join(path, 'format'), '1\n');
    }
    const calls: number[] = [];
    const failing = {
      ...options,
      async prepare(_: string, fromFormat: number) {
        calls.push(fromFormat);
        if (calls.length < 3) throw new ConnectorError('data_directory_failed', 'the power went');
      },
    };
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(openDataDirectory(path, failing)).rejects.toThrow('the power went');
      const found = await readFile(join(path, 'format'), 'utf8').catch(() => '0\n');
      expect(found).toBe(`${format}\n`);
    }
    await (await openDataDirectory(path, failing)).close();
    await (await openDataDirectory(path, failing)).close();
    expect(calls).toEqual([format, format, format]);
  });

  it('whose format cannot be read is rejected and not changed', async () => {
    await (await openDataDirectory(path, options)).close();
    for (const text of ['', 'one', '1.5', '0']) {
      await writeFile(join(path, 'format'), text);
      const before = await snapshot();
      await expect(openDataDirectory(path, options)).rejects.toMatchObject({ code: 'data_format_unreadable' });
      expect(await snapshot()).toEqual(before);
    }
    await rm(join(path, 'format'));
    await writeFile(join(path, 'journal', '0000000001-0000000000000001-0123456789abcdef.segment'), '');
    await expect(openDataDirectory(path, options)).rejects.toMatchObject({ code: 'data_format_unreadable' });
  });

  it('can be opened once only, also within a process', async () => {
    const data = await openDataDirectory(path, options);
    await expect(openDataDirectory(path, options)).rejects.toMatchObject({ code: 'data_directory_locked' });
    await data.close();
    await (await openDataDirectory(path, options)).close();
  });

  it('names the process that has its lock, which a kill releases', async () => {
    const program = `
      const { openDataDirectory } = await import(${JSON.stringify(new URL('./data-directory.ts', import.meta.url).href)});
      await openDataDirectory(${JSON.stringify(path)}, { now: Date.now, log: console, prepare: async () => {} });
      console.log('open');
      setInterval(() => {}, 1000);
    `;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    const refused = await openDataDirectory(path, options).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'data_directory_locked', exitCode: 75 });
    expect(String(refused)).toContain(`pid ${holder.pid}, started 20`);
    expect(String(refused)).toContain(path);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await (await openDataDirectory(path, options)).close();
  });
});
