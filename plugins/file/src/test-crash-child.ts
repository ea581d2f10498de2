// For crash tests: delivers without end, and prints an id only after its batch was reported as delivered.
import { writeSync } from 'node:fs';
import { argv } from 'node:process';
import { createFileDestination } from './file-destination.ts';
import { batchOf, configOf, noSignal, testContext } from './test-context.ts';

const [, , directory = '', prefix = ''] = argv;
const config = configOf(directory, { rotateAtBytes: 200_000, maxBytes: 1_000_000_000 });
const destination = createFileDestination(config, testContext().context);
for (let round = 0; ; round++) {
  const ids = Array.from({ length: 20 }, (_, index) => `${prefix}-${round}-${index}`);
  const report = await destination.deliver(batchOf(ids, 3000), noSignal);
  if ('items' in report) writeSync(1, `${ids.join('\n')}\n`);
}
