import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

const terminal = new URL('./process-terminal.ts', import.meta.url).href;

/** A process that runs `code` with a `terminal`; its standard output and error are pipes. */
function start(code: string, env: Record<string, string> = {}) {
  const script = `import { processTerminal } from ${JSON.stringify(terminal)}; const terminal = processTerminal(); ${code}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env: { PATH: '', ...env } });
  const ended = once(child, 'exit').then(([exitCode]): unknown => exitCode);
  return { child, ended };
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

it('a pipe has no width, colours or progress, and is not interactive', async () => {
  const { child, ended } = start(
    "terminal.progress('half way'); terminal.clear(); const { columns, colours, interactive } = terminal;" +
      "terminal.out(JSON.stringify({ columns: columns ?? 'none', colours, interactive })); terminal.err('text');",
  );
  const [out, err] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  expect([out, err, await ended]).toEqual(['{"columns":"none","colours":false,"interactive":false}\n', 'text\n', 0]);
});

it('FORCE_COLOR colours a pipe too', async () => {
  const { child } = start('terminal.out(String(terminal.colours));', { FORCE_COLOR: '1' });
  expect(await textOf(child.stdout)).toBe('true\n');
});

it('a reader that closes the pipe ends the process: 0', async () => {
  const { child, ended } = start("setInterval(() => terminal.out('x'.repeat(10_000)), 1);");
  await once(child.stdout, 'data');
  child.stdout.destroy();
  expect([await textOf(child.stderr), await ended]).toEqual(['', 0]);
});

it('the first Ctrl-C aborts the signal and ends a pause; the second ends the process: 130', async () => {
  const { child, ended } = start(
    "terminal.interrupted(); terminal.out('ready'); await terminal.pause(3_600_000); terminal.out('aborted');" +
      'setInterval(() => {}, 1000);',
  );
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  expect(String((await once(child.stdout, 'data'))[0])).toBe('aborted\n');
  child.kill('SIGINT');
  expect(await ended).toBe(130);
});
