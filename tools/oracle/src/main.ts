// The oracle command: one run, its progress on standard error, and its report.
import { randomInt } from 'node:crypto';
import { argv, stderr, stdout } from 'node:process';
import { help, parseOptions, UsageError } from './options.ts';
import { reportText } from './report.ts';
import { runOracle } from './run.ts';

const exitCodes = { findings: 1, usage: 64, failed: 70 } as const;

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, () => randomInt(2 ** 31));
  if (options === 'help') {
    stdout.write(`${help}\n`);
    return 0;
  }
  stderr.write(`seed ${options.seed}\n`);
  const result = await runOracle(options, (line) => stderr.write(`${line}\n`));
  stdout.write(`${options.json ? JSON.stringify(result) : reportText(result)}\n`);
  return result.findings.length === 0 ? 0 : exitCodes.findings;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(exitCodes.failed));
try {
  process.exitCode = await main(argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError;
  stderr.write(`${isUsage ? `${error.message}\nSee --help.` : error instanceof Error ? error.stack : error}\n`);
  process.exitCode = isUsage ? exitCodes.usage : exitCodes.failed;
}
