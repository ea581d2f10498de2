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
  it('of the environment is the value of the variable; an empty or missing variable has none', () => {
    expect(['SET', 'EMPTY', 'UNSET'].map((env) => shown(open({ env })))).toEqual([['from the environment'], [], []]);
  });

  it('of a file is read again within a second after a change', async () => {
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

  it('of a file that becomes unreadable keeps its value, and the fault is logged', async () => {
    const path = join(directory, 'token');
    await writeFile(path, 'kept\n');
    const source = open({ file: 'token' });
    expect(shown(source)).toEqual(['kept']);
    await writeFile(path, 'x'.repeat(8_193));
    vi.advanceTimersByTime(1_000);
    expect(shown(source)).toEqual(['kept']);
    expect(log.of('secret.unreadable')).toMatchObject([{ attributes: { path, error: 'secret_unreadable' } }]);
  });

  it('of a file that every user can read gets advice', async () => {
    await writeFile(join(directory, 'token'), 'x');
    await chmod(join(directory, 'token'), 0o644);
    const advice = (file: string) => secretAdvice({ file, optional: false }, resolvePath);
    expect(advice('token')).toBe('every user of this machine can read token: run chmod o-r');
    await chmod(join(directory, 'token'), 0o642);
    expect(advice('token')).toBeUndefined();
    expect(advice('none')).toBeUndefined();
  });
});

describe('a managed secret', () => {
  it('is created once, readable only for its owner, and is the same at the next start', async () => {
    const secrets = join(directory, 'data', 'secrets');
    expect(shown(readManagedSecret(secrets, 'xiq', log))).toEqual([]);
    const [created = ''] = shown(await openManagedSecret(secrets, 'xiq', log));
    expect(created).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect((await stat(join(secrets, 'xiq'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(secrets, 'xiq'), 'utf8')).toBe(`${created}\n`);
    expect(shown(await openManagedSecret(secrets, 'xiq', log))).toEqual([created]);
    expect(shown(readManagedSecret(secrets, 'xiq', log))).toEqual([created]);
    expect(log.of('secret.created')).toHaveLength(1);
    expect(shown(await openManagedSecret(secrets, 'other', log))).not.toEqual([created]);
  });

  it('is an error if its file is empty or cannot be created', async () => {
    await writeFile(join(directory, 'xiq'), '\n');
    await expect(openManagedSecret(directory, 'xiq', log)).rejects.toMatchObject({ code: 'secret_unreadable' });
    await mkdir(join(directory, 'other'));
    await expect(openManagedSecret(directory, 'other', log)).rejects.toThrow();
    await expect(openManagedSecret(directory, 'no/such', log)).rejects.toMatchObject({ code: 'secret_unreadable' });
  });
});
