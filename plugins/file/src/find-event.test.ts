import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createFileDestination } from './file-destination.ts';
import { findEvent } from './find-event.ts';
import { batchOf, configOf, dayMs, filesIn, noSignal, temporaryDirectory, testContext } from './test-context.ts';

const event = (id: string) => ({ id, dataset: 'extreme_xiq.audit', timeMs: 0 });

/** Writes files as they would stand after one delivery each, oldest first. */
async function directoryWith(...files: readonly string[]): Promise<string> {
  const directory = await temporaryDirectory(onTestFinished);
  for (const [at, text] of files.entries()) {
    await writeFile(join(directory, `archive-2026-03-01-00000${at + 1}.ndjson`), text);
  }
  return directory;
}

const line = (id: string, rest: object = {}) => `${JSON.stringify({ ...rest, event: { id } })}\n`;
const look = (directory: string, id: string, signal = noSignal, maxBytes?: number) =>
  findEvent(directory, 'archive', { id }, signal, maxBytes);

it('finds each event that was delivered, in whichever file it is, and names the file', async () => {
  const directory = await temporaryDirectory(onTestFinished);
  const { context, clock } = testContext();
  const destination = createFileDestination(configOf(directory, { rotateAtBytes: 500 }), context);
  for (const ids of [['a', 'b'], ['c'], ['d', 'e']]) await destination.deliver(batchOf(ids, 300), noSignal);
  clock.nowMs += dayMs;
  await destination.deliver(batchOf(['f']), noSignal);
  expect(await filesIn(directory)).toHaveLength(4);

  const messages = new Map<string, string | undefined>();
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
    const result = await destination.find?.(event(id), noSignal);
    expect(result).toMatchObject({ found: true });
    messages.set(id, result?.message);
  }
  expect(messages.get('b')).toBe(`archive-2026-03-01-000001.ndjson in ${directory} holds it`);
  expect(messages.get('f')).toBe(`archive-2026-03-02-000004.ndjson in ${directory} holds it`);
  expect(await destination.find?.(event('g'), noSignal)).toEqual({
    found: false,
    message: `none of the 4 files in ${directory} holds it`,
  });
  await destination.close?.();
});

it('takes no other field for the id, and no line that is torn', async () => {
  const others = [
    line('x', { user: { id: 'wanted' }, message: 'event "id":"wanted"' }),
    line('y', { original: line('wanted') }),
    '{"event":{"id":"wanted"\n',
    line('z', { extreme: { xiq: { extra: { event: { id: 'wanted' } } } } }),
  ];
  const directory = await directoryWith(others.join(''));
  expect(await look(directory, 'wanted')).toMatchObject({ found: false });

  const file = join(directory, 'archive-2026-03-01-000001.ndjson');
  const whole = line('wanted');
  await appendFile(file, whole.slice(0, -1));
  expect(await look(directory, 'wanted')).toMatchObject({ found: false });
  await appendFile(file, '\n');
  expect(await look(directory, 'wanted')).toMatchObject({ found: true });
});

it('finds lines that lie across the borders of what is read at once, also long ones', async () => {
  const lengths = [10, 700_000, 3_000_000, 20, 400_000, 1_048_576, 5];
  const lines = lengths.map((length, at) => line(`id${at}`, { filler: 'ü'.repeat(length / 2) }));
  const directory = await directoryWith(lines.join(''), '');
  for (const at of lengths.keys()) expect(await look(directory, `id${at}`)).toMatchObject({ found: true });
  expect(await look(directory, `id${lengths.length}`)).toMatchObject({ found: false });
});

it('leaves out what is longer than any line, and goes on before it', async () => {
  const directory = await directoryWith(`${line('before')}${'x'.repeat(17 * 1024 ** 2)}\n${line('after')}`);
  expect(await look(directory, 'after')).toMatchObject({ found: true });
  expect(await look(directory, 'before')).toMatchObject({ found: true });
});

it('reads no more than its bound, and says so', async () => {
  const directory = await directoryWith(line('old'), line('older') + line('newer'), line('newest'));
  const bound = line('newest').length + line('newer').length + 3;
  expect(await look(directory, 'newest', noSignal, bound)).toMatchObject({ found: true });
  expect(await look(directory, 'newer', noSignal, bound)).toMatchObject({ found: true });
  for (const id of ['older', 'old']) {
    expect(await look(directory, id, noSignal, bound)).toEqual({
      found: false,
      message: `the newest ${bound} bytes in ${directory} do not hold it: no more is read`,
    });
  }
});

it('looks only at its own files', async () => {
  const directory = await directoryWith(line('mine'));
  for (const name of ['archive-two', 'another']) {
    await writeFile(join(directory, `${name}-2026-03-01-000002.ndjson`), line('other'));
  }
  expect(await look(directory, 'other')).toMatchObject({ found: false });
});

it('ends with its signal, and says that it has not looked everywhere', async () => {
  const directory = await directoryWith(line('a'));
  await expect(look(directory, 'b', AbortSignal.abort())).rejects.toMatchObject({
    code: 'destination_failed',
    message: expect.stringContaining('time was up'),
  });
});

it('finds nothing where no file was written yet', async () => {
  const directory = join(await temporaryDirectory(onTestFinished), 'out');
  expect(await look(directory, 'a')).toEqual({
    found: false,
    message: `${directory} is not there: no file was written yet`,
  });
  await mkdir(directory);
  expect(await look(directory, 'a')).toMatchObject({ found: false });
});

it('says in words why it cannot look', async () => {
  const directory = join(await temporaryDirectory(onTestFinished), 'out');
  await writeFile(directory, '');
  await expect(look(directory, 'a')).rejects.toMatchObject({
    code: 'destination_failed',
    message: expect.stringMatching(/cannot be looked through: ENOTDIR.*: a file stands in the way/),
  });
  await rm(directory);
});
