import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecretSource } from '@xiq-siem/core';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { joinSecrets, openManagedSecret, openSecret, readManagedSecret, secretAdvice } from './secrets.ts';

let directory: string;
let log = createRecordingLogger();
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'secrets-'));
  log = createRecordingLogger();
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(async () => {
    vi.useRealTimers();
    await rm(directory, { recursive: true });
  });
});

const shown = (source: SecretSource): readonly string[] => source.current().map((secret) => secret.reveal());
const resolvePath = (path: string): string => join(directory, path);
const open = (reference: { readonly env: string } | { readonly file: string }): SecretSource =>
  openSecret({ ...reference, optional: false }, { resolvePath, env: { SET: 'from the environment', EMPTY: '' } }, log);

describe('a secret', () => {
  it('of the environment is what it says, and none where that is empty or not set', () => {
    expect(['SET', 'EMPTY', 'UNSET'].map((env) => shown(open({ env })))).toEqual([['from the environment'], [], []]);
  });

  it('of a file is read again once it changes, within a second', async () => {
    await writeFile(join(directory, 'token'), ' first \n\n');
    const source = open({ file: 'token' });
    expect(shown(source)).toEqual(['first']);
    await writeFile(join(directory, 'token'), 'second\nfirst\n');
    vi.advanceTimersByTime(999);
    expect(shown(source)).toEqual(['first']);
    vi.advanceTimersByTime(1);
    expect(shown(source)).toEqual(['second', 'first']);
    vi.advanceTimersByTime(1_000);
    expect(shown(joinSecrets([source, open({ env: 'SET' })]))).toEqual(['second', 'first', 'from the environment']);
  });

  it('of a file that can be read no more keeps the value that it had, which is logged', async () => {
    const path = join(directory, 'token');
    await writeFile(path, 'kept\n');
    const source = open({ file: 'token' });
    expect(shown(source)).toEqual(['kept']);
    await writeFile(path, 'x'.repeat(8_193));
    vi.advanceTimersByTime(1_000);
    expect(shown(source)).toEqual(['kept']);
    expect(log.of('secret.unreadable')).toMatchObject([{ attributes: { path, reason: 'secret_unreadable' } }]);
  });

  it('of a file that everybody can read is advised against', async () => {
    await writeFile(join(directory, 'token'), 'x');
    await chmod(join(directory, 'token'), 0o644);
    const advice = (file: string) => secretAdvice({ file, optional: false }, resolvePath);
    expect(advice('token')).toBe('everybody on this machine can read token: chmod o-r');
    await chmod(join(directory, 'token'), 0o642);
    expect(advice('token')).toBeUndefined();
    expect(advice('none')).toBeUndefined();
  });
});

describe('a managed secret', () => {
  it('is made once, for its owner alone, and is the same at the next start', async () => {
    const secrets = join(directory, 'data', 'secrets');
    expect(shown(readManagedSecret(secrets, 'xiq', log))).toEqual([]);
    const [made = ''] = shown(await openManagedSecret(secrets, 'xiq', log));
    expect(made).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect((await stat(join(secrets, 'xiq'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(secrets, 'xiq'), 'utf8')).toBe(`${made}\n`);
    expect(shown(await openManagedSecret(secrets, 'xiq', log))).toEqual([made]);
    expect(shown(readManagedSecret(secrets, 'xiq', log))).toEqual([made]);
    expect(log.of('secret.made')).toHaveLength(1);
    expect(shown(await openManagedSecret(secrets, 'other', log))).not.toEqual([made]);
  });

  it('is refused where its file is empty, or cannot be made', async () => {
    await writeFile(join(directory, 'xiq'), '\n');
    await expect(openManagedSecret(directory, 'xiq', log)).rejects.toMatchObject({ code: 'secret_unreadable' });
    await mkdir(join(directory, 'other'));
    await expect(openManagedSecret(directory, 'other', log)).rejects.toThrow();
    await expect(openManagedSecret(directory, 'no/such', log)).rejects.toMatchObject({ code: 'secret_unreadable' });
  });
});
