import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'file-modes-'));
});
afterEach(() => rm(parent, { recursive: true }));

/** Runs in a new process: all threads of a process share its umask. */
async function fill(directory: string, umask: number): Promise<void> {
  const program = `
    import { readdir, truncate, writeFile } from 'node:fs/promises';
    process.umask(${umask});
    const { openDataDirectory, openJournal } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const directory = ${JSON.stringify(directory)};
    const data = await openDataDirectory(directory, { now: Date.now, log, prepare: async () => {} });
    const ageGuard = { mayDeleteByAge: () => true, resume() {}, confirmedMs: () => undefined };
    const open = () => openJournal({
      ageGuard,
      directory, maxBytes: 150_000, minFreeBytes: 0, retainForMs: 1e9, segmentBytes: 20_000, now: Date.now, log,
      meter: { add() {} },
    });
    let journal = await open();
    const append = () => journal.append({ source: 'xiq', origin: 'webhook', receivedAtMs: 1 }, Buffer.alloc(5_000, 'x'));
    const position = (name) => journal.position(name, { startAt: 'earliest', whenFull: 'evict' });
    await append();
    await append();
    await journal.close();
    // The next start moves the first file to the quarantine, and cuts off the tail of the second.
    const [first] = await readdir(data.paths.journal).then((names) => names.filter((one) => one.endsWith('.segment')));
    await truncate(data.paths.journal + '/' + first, 9_500);
    await writeFile(data.paths.journal + '/0000000000-0000000000000001-0123456789abcdef.segment', Buffer.alloc(8_000), { mode: 0o600 });
    journal = await open();
    await position('slow');
    const fast = await position('fast');
    for (let n = 0; n < 40; n += 1) {
      await append();
      await fast.save({ ...fast.position, sequence: journal.extent().nextSequence });
    }
    await journal.maintain();
    console.log(JSON.stringify({ gaps: journal.retentionGaps().length }));
    // A kill, so that no file is removed at the end.
    process.kill(process.pid, 'SIGKILL');
  `;
  const running = promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  await expect(running).rejects.toMatchObject({
    signal: 'SIGKILL',
    stdout: expect.stringMatching(/^\{"gaps":[12]\}\n$/),
    stderr: '',
  });
}

/** The mode of each name below a directory, without the parts of names that vary. */
async function modesIn(directory: string): Promise<Readonly<Record<string, string>>> {
  const modes: Record<string, string> = {};
  for (const name of await readdir(directory, { recursive: true })) {
    const status = await stat(join(directory, name));
    const mode = `${status.isDirectory() ? 'directory' : 'file'} ${(status.mode & 0o7777).toString(8)}`;
    const kind = name.replaceAll(/\d{10}-\d{16}-[0-9a-f]{16}/g, 'N').replace(/\.\d{13}\.(\d+\.)?/, '.');
    modes[kind] = modes[kind] === undefined || modes[kind] === mode ? mode : `${modes[kind]}, ${mode}`;
  }
  return modes;
}

describe('files that the journal creates', () => {
  it.each([0, 0o022, 0o077])('are for their owner only under any umask: %i', async (umask) => {
    // The parent is missing too, and is created.
    await fill(join(parent, 'a', 'data'), umask);
    const directories = ['journal', 'positions', 'quarantine', 'secrets'];
    const files = [
      'format',
      'instance.json',
      'lock',
      'lock.json',
      'journal/N.segment',
      'journal/gaps',
      'journal/head',
      'positions/fast.position',
      'positions/slow.position',
      'quarantine/N.segment.bad',
      'quarantine/N.segment.tail',
    ];
    expect(await modesIn(parent)).toEqual(
      Object.fromEntries([
        ...['a', 'a/data', ...directories.map((name) => `a/data/${name}`)].map((name) => [name, 'directory 700']),
        ...files.map((name) => [`a/data/${name}`, 'file 600']),
      ]),
    );
  });

  it('include a lock file that an earlier version made readable by all', async () => {
    await fill(join(parent, 'data'), 0);
    await promisify(execFile)('chmod', ['644', join(parent, 'data', 'lock')]);
    await fill(join(parent, 'data'), 0);
    expect((await modesIn(parent))['data/lock']).toBe('file 600');
  });
});
