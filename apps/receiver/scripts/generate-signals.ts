// Writes the signals' reference anew; `generate-signals.test.ts` holds it current.
import { writeFile } from 'node:fs/promises';
import { renderSignals } from './render-signals.ts';

await writeFile(new URL('../../../docs/reference/signals.md', import.meta.url), renderSignals());
