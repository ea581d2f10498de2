// Writes the metrics' reference anew; `generate-metrics.test.ts` holds it current.
import { writeFile } from 'node:fs/promises';
import { renderMetrics } from './render-metrics.ts';

await writeFile(new URL('../../../docs/reference/metrics.md', import.meta.url), await renderMetrics());
