// Writes docs/reference/health-events.md; `generate-health-events.test.ts` compares it.
import { writeFile } from 'node:fs/promises';
import { renderHealthEvents } from './render-health-events.ts';

await writeFile(new URL('../../../docs/reference/health-events.md', import.meta.url), renderHealthEvents());
