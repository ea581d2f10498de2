// `tail` and `status` in a terminal of 80 columns and in a pipe, with texts that contain terminal control sequences.
import { once } from 'node:events';
import { textWidth } from '@xiq-siem/cli';
import { expect, onTestFinished, test } from 'vitest';
import { hecToken, startHec } from './all-destinations.ts';
import { spawnConnector } from './connector-process.ts';
import { startInTerminal } from './in-terminal.ts';
import { operatorFixture } from './operator-fixture.ts';

const columns = 80;
/** Clears the screen, sets the title, moves the cursor, by 7-bit and 8-bit controls; breaks lines; changes the direction. */
const hostile =
  '\u001b[2J\u001b]0;owned\u0007\u009b31m\r\nforged line\n\b\b\u0000\u202egnirts\u2066\u061c\u200f\u2028end\u007f';
const long = '日本語 a long description '.repeat(20);
/** The connector's own colours, and the removal of a progress line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for.
const colour = /\u001b\[(?:2|22|3[0-9]|39|9[0-7])m/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for.
const steering = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

/** Lines as a terminal shows them, without colours. */
const linesOf = (written: string): readonly string[] =>
  written.replaceAll('\r\n', '\n').replaceAll(colour, '').split('\n');

async function fixture() {
  const hec = await startHec();
  hec.respondAlways('event', { status: 403, body: JSON.stringify({ text: `${hostile}${long}`, code: 4 }) });
  const made = await operatorFixture(
    {
      healthEvents: { enabled: false },
      destinations: {
        archive: { type: 'file', directory: './out', minFreeBytes: 0 },
        'a-destination-whose-name-is-as-long-as-a-name-may-well-be-here': {
          type: 'splunk-hec',
          url: hec.url,
          token: hecToken,
        },
      },
    },
    { 'hec-token': 'hec-token-4711' },
  );
  const connector = await made.start();
  onTestFinished(async () => {
    await connector.end('SIGKILL');
    await hec.close();
    await made[Symbol.asyncDispose]();
  });
  let number = 0;
  const post = (description: string, username: string) => {
    number += 1;
    return connector.post('AUDIT_LOG_ALL', [
      {
        timeStamp: Date.now(),
        userId: number,
        code: 10_001,
        description: `${description} ${number}`,
        userName: username,
      },
    ]);
  };
  const postAll = async () => {
    await post('plain words', 'j.doe');
    await post(hostile, hostile);
    await post(long, `${hostile}${long}`);
    await connector.post(`NO_SUCH_TYPE`, [{ [hostile]: hostile, description: hostile }]);
  };
  return { ...made, connector, hec, postAll };
}

test('tail: colours and at most 80 columns in a terminal, neither in a pipe, and no control sequences in both', async () => {
  const { work: temporaryDirectory, postAll } = await fixture();
  const inColour = startInTerminal(temporaryDirectory, 'tail', columns);
  const plain = startInTerminal(temporaryDirectory, 'tail', columns, { NO_COLOR: '1' });
  const piped = spawnConnector(
    ['tail', '--config', temporaryDirectory.configFile],
    temporaryDirectory.secret,
    temporaryDirectory.directory,
  );
  const json = spawnConnector(
    ['tail', '--json', '--config', temporaryDirectory.configFile],
    temporaryDirectory.secret,
    temporaryDirectory.directory,
  );
  let pipe = '';
  let lines = '';
  piped.stdout?.setEncoding('utf8').on('data', (text: string) => {
    pipe += text;
  });
  json.stdout?.setEncoding('utf8').on('data', (text: string) => {
    lines += text;
  });
  const shown = async () => {
    await postAll();
    // The data set without its common prefix, which a narrow terminal omits.
    return [inColour.written(), plain.written(), pipe, lines].map((text) => text.includes('unknown'));
  };
  await expect.poll(shown, { timeout: 20_000, interval: 500 }).toEqual([true, true, true, true]);

  for (const terminal of [inColour, plain]) terminal.interrupt();
  expect(await Promise.all([inColour.ended, plain.ended])).toEqual([130, 130]);
  piped.kill('SIGINT');
  json.kill('SIGINT');
  await Promise.all([once(piped, 'close'), once(json, 'close')]);

  for (const text of [inColour.written(), plain.written(), pipe, lines]) {
    expect(linesOf(text).filter((line) => steering.test(line))).toEqual([]);
    expect(text).not.toMatch(/^forged/m);
  }
  for (const { written } of [inColour, plain]) {
    const found = linesOf(written());
    expect(found.filter((line) => textWidth(line) > columns)).toEqual([]);
    expect(found.some((line) => textWidth(line) > columns - 2 && line.endsWith('…'))).toBe(true);
    expect(written()).toContain('j.doe');
    expect(written()).toContain('\\u001b[2J');
  }
  expect(inColour.written()).toMatch(colour);
  for (const text of [plain.written(), pipe, lines]) expect(text).not.toContain('\u001b');
  expect(pipe.split('\n').some((line) => textWidth(line) > 400)).toBe(true);
  expect(pipe).toContain('\\u202egnirts');
  const messages = lines
    .split('\n')
    .filter((line) => line.includes('"document"'))
    .map((line) => JSON.stringify(JSON.parse(line)));
  expect(messages.some((line) => line.includes(JSON.stringify(hostile).slice(1, 40)))).toBe(true);
});

test('status: a table that fits 80 columns, colours only in a terminal, and escaped messages of a destination in both', async () => {
  const { work: temporaryDirectory, postAll, run } = await fixture();
  await postAll();
  await expect.poll(async () => (await run('status')).output, { timeout: 20_000 }).toContain('paused');
  const inTerminal = async (message: string, env?: Readonly<Record<string, string>>) => {
    const terminal = startInTerminal(temporaryDirectory, message, columns, env);
    return { code: await terminal.ended, text: terminal.written() };
  };
  const [inColour, plain, piped] = await Promise.all([
    inTerminal('status'),
    inTerminal('status', { NO_COLOR: '1' }),
    run('status'),
  ]);
  expect([inColour.code, plain.code, piped.code]).toEqual([1, 1, 1]);
  for (const text of [inColour.text, plain.text]) {
    // A long command has a line of its own and is not broken: it can be pasted.
    const found = linesOf(text).filter((line) => !/^ {4}xiq-siem /.test(line));
    expect(found.filter((line) => textWidth(line) > columns)).toEqual([]);
    expect(text).toContain('archive');
  }
  for (const text of [inColour.text, plain.text, piped.output]) {
    expect(linesOf(text).filter((line) => steering.test(line))).toEqual([]);
    expect(text).toContain('forged line');
  }
  expect(inColour.text).toMatch(colour);
  for (const text of [plain.text, piped.output]) expect(text).not.toContain('\u001b');
  expect(piped.output).toContain('a-destination-whose-name-is-as-long-as-a-name-may-well-be-here');

  // Each update clears the screen; nothing else does.
  const watch = startInTerminal(temporaryDirectory, 'status --watch --every 1', columns);
  const clear = '\u001b[H\u001b[J';
  await expect.poll(() => watch.written().split(clear).length, { timeout: 20_000 }).toBeGreaterThan(2);
  watch.interrupt();
  expect(await watch.ended).toBe(130);
  expect(linesOf(watch.written().replaceAll(clear, '')).filter((line) => steering.test(line))).toEqual([]);
});
