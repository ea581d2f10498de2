// Open-loop load: requests at a steady rate, each timed from when it was due. Controlled by JSON lines on standard input.
import { closeSync, openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { createSteadySender } from './steady-sender.ts';

const startOptions = z.object({
  port: z.int(),
  path: z.string(),
  /** Requests per second. */
  rate: z.number().positive(),
  connections: z.int().min(1),
  /** Used in turn. */
  secrets: z.array(z.string()).min(1),
  bodyBytes: z.int().default(379),
  /** File to which receipts are appended, one on each line. */
  receiptsFile: z.string().optional(),
});
/**
 * `secrets`: a line is printed when no request with other secrets is in flight. `phase`: starts a phase with this name.
 * `end`: stops sending and prints the result.
 */
const order = z.union([
  z.strictObject({ secrets: z.array(z.string()).min(1) }),
  z.strictObject({ phase: z.string() }),
  z.strictObject({ end: z.literal(true) }),
]);

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const first = await lines.next();
const { receiptsFile, ...options } = startOptions.parse(JSON.parse(String(first.value)));
const file = receiptsFile === undefined ? undefined : openSync(receiptsFile, 'a', 0o600);
let receipts = '';
const flush = (): void => {
  if (file !== undefined && receipts !== '') writeSync(file, receipts);
  receipts = '';
};
const sender = createSteadySender({
  ...options,
  onAccepted(receipt) {
    receipts += `${receipt}\n`;
    if (receipts.length > 65_536) flush();
  },
});
for (;;) {
  const line = await lines.next();
  // The end of the input: the parent process is gone. The requests that are due would only load the machine.
  if (line.done === true) process.exit(1);
  const wanted = order.parse(JSON.parse(line.value));
  if ('secrets' in wanted) {
    await sender.use(wanted.secrets);
    console.log(JSON.stringify({ used: wanted.secrets.length }));
  } else if ('phase' in wanted) sender.phase(wanted.phase);
  else break;
}
const measured = await sender.end();
flush();
if (file !== undefined) closeSync(file);
console.log(JSON.stringify(measured));
process.exit(0);
