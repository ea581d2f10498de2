// For tests: parses a Prometheus exposition with an independent parser.
import { createRequire } from 'node:module';
import { z } from 'zod';

const number = z.string().regex(/^(?:NaN|[+-]?Inf|-?[\d.]+(?:e[+-]?\d+)?)$/);

const families = z.array(
  z.object({
    name: z.string(),
    help: z.string(),
    type: z.enum(['COUNTER', 'GAUGE']),
    metrics: z.array(z.object({ value: number, labels: z.record(z.string(), z.string()).default({}) })),
  }),
);

export type Families = z.output<typeof families>;

/** The package has no types. */
const parse = z
  .function({ input: [z.string()], output: families })
  .parse(createRequire(import.meta.url)('parse-prometheus-text-format'));

/**
 * Throws for an invalid exposition, and for a series that occurs twice: Prometheus drops such a scrape. The parser
 * skips some lines that it cannot parse; the count of samples finds them.
 */
export function parsePrometheus(text: string): Families {
  const read = parse(text);
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const found = read.reduce((sum, { metrics }) => sum + metrics.length, 0);
  if (found !== samples.length) throw new Error(`${samples.length} lines hold a sample, and ${found} were read`);
  for (const { name, metrics } of read) {
    const series = metrics.map(({ labels }) => JSON.stringify(Object.entries(labels).sort()));
    if (new Set(series).size < series.length) throw new Error(`${name} has a series twice`);
  }
  return read;
}
