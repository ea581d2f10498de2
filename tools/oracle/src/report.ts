// The result of a run as text.
import type { Result } from './run.ts';

export function reportText({
  seed,
  seconds,
  steps,
  skipped,
  answers,
  owed,
  where,
  findings,
  directory,
}: Result): string {
  const places = Object.entries(where).map(
    ([name, counts]) =>
      `  ${name}: ${Object.entries(counts)
        .map(([place, count]) => `${place} ${count}`)
        .join(', ')}`,
  );
  const found = findings.flatMap(({ kind, destination, count, examples }) => [
    `FOUND ${kind}${destination === undefined ? '' : ` at ${destination}`}: ${count}`,
    ...examples.map((text) => `  ${text}`),
  ]);
  return [
    `seed ${seed}: ${steps.length} steps in ${seconds} s; answers ${JSON.stringify(answers)}; ${owed} events owed`,
    ...skipped.map((what) => `SKIPPED ${what}`),
    ...places,
    ...found,
    findings.length === 0 ? 'Every event is accounted for' : `${findings.length} findings; see ${directory}`,
  ].join('\n');
}
