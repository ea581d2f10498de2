import { expect, it } from 'vitest';
import { checkRetiredWords, exemptions, filesToCheck, retiredWordsIn } from './retired-words.ts';

it('no tracked file has a retired word, and every exemption is needed', () => {
  const files = filesToCheck();
  expect(files.length).toBeGreaterThan(500);
  expect(checkRetiredWords(files)).toEqual({ findings: [], unused: [] });
});

it.each([
  ['a camel-case name', 'const evicted = letGo(bodies);', 'let go'],
  ['a snake-case name', "log.warn('journal.let_go', {});", 'let go'],
  ['an import', "import './own-looks.ts';", 'own looks'],
  ['a constant', 'const MAX_LANES = 3;', 'lanes'],
  ['a message', "throw new Error('The destination takes nothing now');", 'takes nothing'],
  ['a comment', '// Held until an operator has mended it.', 'mended'],
  ['a heading', '## The mapping of today', 'mapping of today'],
])('finds a retired word in %s', (_, text, found) => {
  expect(retiredWordsIn('a.ts', `first line\n${text}`)).toContainEqual(
    expect.objectContaining({ file: 'a.ts', line: 2, found }),
  );
});

it('finds one in the name of a file', () => {
  expect(retiredWordsIn('src/own-looks.ts', '')).toEqual([expect.objectContaining({ line: 0, found: 'own looks' })]);
});

it.each(['const recommended = true;', 'a bellwether', 'withheld', 'planes and explanes', 'an indoor map'])(
  'does not find one inside another word: %s',
  (text) => expect(retiredWordsIn('a.ts', text)).toEqual([]),
);

it('an exemption covers only its lines, and fails when nothing needs it', () => {
  const [changelog, whole] = exemptions;
  if (changelog === undefined || whole === undefined) throw new Error('there are exemptions');
  const read = (file: string): string => (file === changelog.file ? '- We mend.\n| `letGo` | `evict` |' : 'plain');
  const { findings, unused } = checkRetiredWords([changelog.file, whole.file], read);
  expect(findings).toEqual([expect.objectContaining({ line: 1, found: 'mend' })]);
  expect(unused).toEqual([whole.file]);
});
