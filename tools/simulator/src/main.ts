// The simulator command: runs a cloud (--port), or sends webhooks and reports whether all were accepted.
import { argv, env, stderr, stdout } from 'node:process';
import { authorization } from './authorization.ts';
import { defaultStartTimeMs, generateBodies } from './bodies.ts';
import { help, type Options, parseOptions, UsageError } from './options.ts';
import { createPoster } from './post.ts';
import { openReceiptFile, type ReceiptFile } from './receipts.ts';
import { createReport, type Report, summaryText } from './report.ts';
import { createScenario } from './scenarios.ts';
import { sendBodies } from './send.ts';

const usageExitCode = 64;

async function simulate(options: Options): Promise<number> {
  const interrupt = interruption();
  const report = createReport();
  const poster = createPoster(options.connections, authorization(options.form, options.secret));
  const receipts = options.receiptsPath === undefined ? undefined : receiptFile(options.receiptsPath);
  const stopProgress = showProgress(report);
  const { bodies, truths } = bodiesOf(options);
  await sendBodies(bodies, poster, report, { ...options, receipts }, interrupt);
  stopProgress();
  receipts?.close();
  poster.close();
  const summary = report.summary();
  const lines = [summaryText(summary), ...truths.map((truth) => `scenario  ${JSON.stringify(truth)}`)];
  const json = { ...summary, ...(truths.length > 0 && { scenarios: truths }) };
  stdout.write(`${options.json ? JSON.stringify(json) : lines.join('\n')}\n`);
  return summary.ok ? 0 : 1;
}

/** Random events, or scenarios with what a query must find. */
function bodiesOf({ generate, scenarios }: Options) {
  const { startTimeMs = defaultStartTimeMs } = generate;
  const made = scenarios.map((name) => createScenario(name, { ...generate, startTimeMs }));
  const bodies = made.length > 0 ? made.flatMap((scenario) => scenario.bodies) : generateBodies(generate);
  return { bodies, truths: made.map(({ truth }) => truth) };
}

function receiptFile(path: string): ReceiptFile {
  try {
    return openReceiptFile(path);
  } catch (error) {
    throw new UsageError(`--receipts: ${error instanceof Error ? error.message : path}`);
  }
}

/** Fires at the first Ctrl-C or SIGTERM; the second ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

/** A progress line, on a terminal only. */
function showProgress(report: Report): () => void {
  if (!stderr.isTTY) return () => {};
  const timer = setInterval(() => {
    const { bodies, events, statuses } = report.summary();
    stderr.write(`\r\u001b[K${bodies} bodies, ${events} events, ${statuses[202] ?? 0} responses 202`);
  }, 200);
  return () => {
    clearInterval(timer);
    stderr.write('\r\u001b[K');
  };
}

/** The cloud is loaded only where --port is given. */
async function run(args: readonly string[]): Promise<number> {
  if (args.some((arg) => arg === '--port' || arg.startsWith('--port='))) {
    const { serve } = await import('./cloud/serve.ts');
    await serve(args, env);
    return 0;
  }
  const options = parseOptions(args, env, Date.now());
  if (options !== 'help') return simulate(options);
  stdout.write(`${help}\n`);
  return 0;
}

try {
  process.exitCode = await run(argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  stderr.write(`${error.message}\nSee --help.\n`);
  process.exitCode = usageExitCode;
}
