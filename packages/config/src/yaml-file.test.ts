import { describe, expect, it } from 'vitest';
import { formatFault } from './faults.ts';
import { parseYaml } from './yaml-file.ts';

const faultsOf = (yaml: string): readonly string[] => parseYaml('c.yaml', yaml).faults.map(formatFault);

describe('an alias of YAML', () => {
  it('is its value', () => {
    expect(parseYaml('c.yaml', 'a: &x { b: 1 }\nc: *x\n').value).toEqual({ a: { b: 1 }, c: { b: 1 } });
  });

  it('without an anchor is a fault at its place: text that starts with * needs quotes', () => {
    expect(faultsOf('egress:\n  noProxy: [ a, *.example.com ]\n')).toEqual([
      expect.stringMatching(/^c\.yaml:2:17: .*\*\.example\.com .*in quotes$/),
    ]);
  });

  it.each([
    ['that contains itself', 'a: &x { b: *x }'],
    ['that repeats too much', `a: &a [x]\nb: &b [${'*a,'.repeat(50)}]\nc: [${'*b,'.repeat(50)}]\n`],
  ])('%s is a fault', (_, yaml) => {
    expect(faultsOf(yaml)).toEqual([expect.stringContaining('alias')]);
    expect(parseYaml('c.yaml', yaml).value).toBeUndefined();
  });
});
