import { expect, it } from 'vitest';
import { parseWhere, whereQuery } from './where.ts';

it.each([
  [['dataset=extreme_xiq.audit'], { datasets: ['extreme_xiq.audit'] }],
  [['dataset=a,b,source=c'], { datasets: ['a', 'b'], sources: ['c'] }],
  [['dataset=a,dataset=b'], { datasets: ['a', 'b'] }],
  [['action=x', 'action=k=v'], { actions: ['x', 'k=v'] }],
  [[], {}],
])('%j', (texts, where) => {
  expect(parseWhere(texts)).toEqual(where);
});

it.each(['a', 'kind=x', 'dataset=', 'dataset=a,kind=b', '', 'dataset=a,,b', 'constructor=a'])(
  '%j is rejected',
  (text) => {
    expect(() => parseWhere([text])).toThrow('expected dataset=');
  },
);

it('a query string has lists as text', () => {
  expect(whereQuery({ datasets: ['a', 'b'], actions: ['c'] })).toEqual({ datasets: 'a,b', actions: 'c' });
});
