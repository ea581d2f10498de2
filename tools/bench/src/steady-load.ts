// An open loop: requests at a steady rate, each timed from when it was due. Told what to do by lines of JSON on standard input.
import { closeSync, openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { createSteadySender } from './steady-sender.ts';

const beginning = z.object({
  port: z.int(),
  path: z.string(),
  /** Requests a second. */
  rate: z.number().positive(),
  connections: z.int().min(1),
  /** Used in turn. */
  secrets: z.array(z.string()).min(1),
  bodyBytes: z.int().default(379),
  /** Where the receipts of all 202 are appended, one a line. */
  receiptsFile: z.string().optional(),
});
/**
 * `secrets`: answered by a line when nothing that was sent with others is under way. `phase`: what comes is counted
 * under another name. `end`: nothing new is sent, and what was measured is printed.
 */
const order = z.union([
  z.strictObject({ secrets: z.array(z.string()).min(1) }),
  z.strictObject({ phase: z.string() }),
  z.strictObject({ end: z.literal(true) }),
]);

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const first = await lines.next();
const { receiptsFile, ...options } = beginning.parse(JSON.parse(String(first.value)));
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
// The end of the input is an order to end: whoever gave it is gone.
for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
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
