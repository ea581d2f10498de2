// For tests: a terminal that records its output, and a connector with the operations of the test.
import { type Operations, refusingOperations } from '@xiq-siem/admin-api';
import { testRegistry } from '@xiq-siem/config/test-registry';
import { ConnectorError } from '@xiq-siem/core';
import type { Product, Session } from './command.ts';
import { readOnlyOperations } from './open-operations.ts';
import { runCommand } from './run-command.ts';
import type { Terminal } from './terminal/terminal.ts';

/** The current time of the commands. */
export const testNow = Date.parse('2026-11-24T12:00:00Z');

export const product: Product = { version: '0.1.0', recommendedNode: '24.0.0', registry: async () => testRegistry };

export interface TestTerminalOptions {
  /** Undefined: a pipe. */
  readonly columns?: number | undefined;
  readonly rows?: number;
  readonly colours?: boolean;
  /** The answer to questions; absent: not interactive. */
  readonly answer?: boolean;
  /** Aborts at the n-th pause. */
  readonly interruptAfter?: number;
  readonly controller?: AbortController;
}

export interface TestTerminal extends Terminal {
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly progressLines: readonly string[];
  readonly questions: readonly string[];
}

export function testTerminal(options: TestTerminalOptions = {}): TestTerminal {
  const { columns, rows, colours = false, answer, interruptAfter = 0, controller = new AbortController() } = options;
  const [stdout, stderr, progressLines, questions]: [string[], string[], string[], string[]] = [[], [], [], []];
  let pauses = 0;
  return {
    ...{ columns, rows, colours, interactive: answer !== undefined, stdout, stderr, progressLines, questions },
    out: (text) => stdout.push(...text.split('\n')),
    err: (text) => stderr.push(...text.split('\n')),
    progress: (line) => progressLines.push(line),
    clear() {},
    async confirm(question) {
      questions.push(question);
      return answer === true;
    },
    interrupted: () => controller.signal,
    async pause() {
      pauses += 1;
      if (pauses >= interruptAfter) controller.abort();
    },
    now: () => testNow,
  };
}

const silent = refusingOperations(async () => {
  throw new Error('the command called an operation that the test does not define');
});

/** A stream of lines. */
export async function* lines<Line>(...all: readonly Line[]): AsyncGenerator<Line> {
  yield* all;
}

export interface Ran extends TestTerminal {
  readonly code: number;
  /** Standard output as one text. */
  readonly text: string;
  /** Each line of standard output as JSON. */
  json(): unknown[];
}

/** Runs `xiq-siem <args>` with these operations; `snapshot`: as the files of a stopped connector. */
export async function runTest(
  args: readonly string[],
  responses: Partial<Operations>,
  options: TestTerminalOptions & { readonly snapshot?: boolean } = {},
): Promise<Ran> {
  const terminal = testTerminal(options);
  const { snapshot = false } = options;
  const open: Session['open'] = async (_, purpose) => {
    if (snapshot && purpose === 'changes') throw new ConnectorError('not_running', 'no connector runs on /data');
    const operations = { ...silent, ...responses };
    return {
      operations: snapshot ? readOnlyOperations(operations, '/data') : operations,
      snapshot,
      dataDirectory: '/data',
      close: async () => {},
    };
  };
  const code = await runCommand(args, { terminal, product, open });
  return {
    ...terminal,
    code,
    text: terminal.stdout.join('\n'),
    json: () => terminal.stdout.map((line): unknown => JSON.parse(line)),
  };
}
