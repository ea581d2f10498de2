// Writes the signals' reference anew; `generate-health-events.test.ts` holds it current.
import { writeFile } from 'node:fs/promises';
import { renderSignals } from './render-health-events.ts';

await writeFile(new URL('../../../docs/reference/health-events.md', import.meta.url), renderSignals());
