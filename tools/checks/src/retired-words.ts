// Finds retired words in names, messages and documents: `node tools/checks/src/retired-words.ts [path ...]`.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workspace.ts';

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly found: string;
  readonly write: string;
}

/**
 * What is retired, as a regular expression over lower-case words, and what to write. Names are compared word by word:
 * `letGo`, `let_go` and `let-go` are "let go".
 */
const retired: readonly (readonly [expression: string, write: string])[] = [
  ['mend(?:s|ed|ing)?', 'fix, fixed, remediation'],
  ['let(?:s|ting)? go', 'evict; release'],
  ['named gap', 'retention gap'],
  ['held', 'blocked; stored; owned'],
  ['gave up', 'retry_timeout'],
  ['graves?|bur(?:y|ies|ied)|rests? in', 'dead letter, dead-letter queue'],
  ['valves?|storms?|rages|bells?', 'send permit; rejection burst; wakeup'],
  ['lanes?|outlets?', 'delivery stream, replay stream'],
  ['manners?|keepers?', 'options; position store'],
  ['look(?:s|ed|ing)? (?:at|into)|own looks?', 'check, poll, inspect, read'],
  ['evidence|milestones?', 'read model; progress history'],
  ['desks?', 'service, or the name of the thing'],
  ['judg(?:e|es|ed|ing)|call(?:s|ed|ing)? off|tak(?:e|es|en|ing) (?:up|down)', 'evaluate; cancel; start, stop'],
  ['swiftly|considerate(?:ly)?|breathes?|abreast|hasty', 'unthrottled; throttled; yield; in step; fake'],
  ['(?:every )?sums? (?:holds?|does not hold)|unknown fate', 'counters reconcile; accounting mismatch'],
  ['odd (?:answers?|response)|too odd', 'unexpected response; invalid'],
  ['faults? of ours|door', 'internal error'],
  ['had already|takes nothing|take nothing|no harm', 'duplicates; cannot be reached; safe'],
  ['mapping of today|of today', 'current mapping'],
  ['troubles?|troubled', 'problem'],
  ['words of|own words|in words', 'message, error text'],
  ['the other side|a person|somebody', 'the server, the destination; an operator'],
  ['begun|go(?:es|ne|ing)? on with|goes on|gone on', 'started; resumed; continues'],
  ['anew|midst|lest|whence|hence|thereof|forth|in vain|whoever', 'a plain word'],
];

/** Files with old names on purpose, and why. `lines`: only in lines that match. An exemption that nothing needs fails. */
export const exemptions: readonly { readonly file: string; readonly lines?: RegExp; readonly reason: string }[] = [
  { file: 'CHANGELOG.md', lines: /^\|/, reason: 'tables of old and new names' },
  { file: 'packages/config/src/renamed-keys.ts', reason: 'accepts old names of the configuration' },
  { file: 'packages/config/src/renamed-keys.test.ts', reason: 'accepts old names of the configuration' },
  { file: 'packages/journal/src/position-file.ts', reason: 'reads position files of older versions' },
  { file: 'packages/journal/src/position-file.test.ts', reason: 'reads position files of older versions' },
  { file: 'packages/pipeline/src/pipeline.test.ts', lines: /letGo/, reason: 'a configuration with an old value' },
  { file: 'packages/state/src/job-records.ts', lines: /lanes/, reason: 'reads jobs that older versions stored' },
  { file: 'packages/state/src/job-records.test.ts', reason: 'reads jobs that older versions stored' },
  { file: 'tools/simulator/src/world.ts', lines: /Help Desk/, reason: 'a department of the simulated company' },
  { file: 'packages/health-events/src/stored-version-1.ts', reason: 'reads health events that older versions stored' },
];

const words = (text: string): string =>
  text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/(?<=\w)[_-](?=\w)/g, ' ')
    .toLowerCase();

const compiled = retired.map(([expression, write]) => ({ pattern: new RegExp(`\\b(?:${expression})\\b`), write }));

/** The retired words of one file: one finding for each line and expression. Line 0 is the name of the file. */
export function retiredWordsIn(file: string, text: string): readonly Finding[] {
  return [file, ...text.split('\n')].flatMap((content, line) => {
    const plain = words(content);
    return compiled.flatMap(({ pattern, write }) => {
      const found = pattern.exec(plain)?.[0];
      return found === undefined ? [] : [{ file, line, found, write }];
    });
  });
}

/** Text files that people read or write: not what a tool generates, and no payloads of the vendor. */
export function filesToCheck(paths: readonly string[] = []): readonly string[] {
  const tracked = execFileSync('git', ['ls-files', '--', ...paths], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n');
  return tracked.filter(
    (file) =>
      /\.(?:ts|cjs|md|ya?ml|json|sh)$/.test(file) && !/pnpm-lock|\/fixtures\/|retired-words|\.generated\./.test(file),
  );
}

/** The findings of these files that no exemption covers, and the exemptions that cover nothing. */
export function checkRetiredWords(files: readonly string[], read = readTracked) {
  const used = new Set<string>();
  const findings = files.flatMap((file) => {
    const text = read(file);
    const exemption = exemptions.find((one) => one.file === file);
    return retiredWordsIn(file, text).filter(({ line }) => {
      const isExempt = exemption !== undefined && (exemption.lines?.test(text.split('\n')[line - 1] ?? '') ?? true);
      if (isExempt) used.add(file);
      return !isExempt;
    });
  });
  const unused = exemptions.filter(({ file }) => files.includes(file) && !used.has(file)).map(({ file }) => file);
  return { findings, unused };
}

const readTracked = (file: string): string => readFileSync(join(root, file), 'utf8');

if (import.meta.main) {
  const { findings } = checkRetiredWords(filesToCheck(process.argv.slice(2)));
  for (const { file, line, found, write } of findings) console.log(`${file}:${line}: "${found}": write ${write}`);
  console.log(`${findings.length} retired words`);
  process.exitCode = findings.length > 0 ? 1 : 0;
}
