// Runs one step of a build.
import { spawn } from 'node:child_process';
import type { RunProgram } from './recipe.ts';
import { TestbedError } from './testbed-error.ts';

const keptCharacters = 8_000;

export const runProgram: RunProgram = (command, args, { cwd, env }) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    const keep = (text: string): void => {
      printed = (printed + text).slice(-keptCharacters);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    const what = `${command} ${args.join(' ')}`;
    child.once('error', (cause) => reject(new TestbedError(`${what} did not start: ${cause.message}`, 69, { cause })));
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new TestbedError(`${what} ended with ${signal ?? `code ${code}`}:\n${printed.trim()}`));
    });
  });
