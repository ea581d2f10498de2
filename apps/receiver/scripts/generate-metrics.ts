// Writes docs/reference/metrics.md; `generate-metrics.test.ts` compares it.
import { writeFile } from 'node:fs/promises';
import { renderMetrics } from './render-metrics.ts';

await writeFile(new URL('../../../docs/reference/metrics.md', import.meta.url), await renderMetrics());
