// Evaluates the part of Splunk's search expressions that event types need: `field=value`, AND, OR, NOT and parentheses.
import type { Fields } from './fields.ts';

type Search = (fields: Fields) => boolean;

export function parseSearch(source: string): Search {
  const words = source.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;

  const term = (): Search => {
    const word = words[at++];
    if (word === 'NOT') {
      const inner = term();
      return (fields) => !inner(fields);
    }
    if (word === '(') {
      const inner = either();
      if (words[at++] !== ')') throw new Error(`expected ) in ${source}`);
      return inner;
    }
    const [, name, value] = /^([\w.{}]+)=([\w:.*-]+)$/.exec(word ?? '') ?? [];
    if (name === undefined || value === undefined) throw new Error(`unexpected ${word} in ${source}`);
    if (value === '*') return (fields) => fields.has(name);
    // Any of several values, and without case.
    return (fields) => fields.get(name)?.some((one) => one.toLowerCase() === value.toLowerCase()) === true;
  };

  /** Terms side by side must all be true. */
  const all = (): Search => {
    const parts: Search[] = [];
    while (at < words.length && words[at] !== ')' && words[at] !== 'OR') {
      if (words[at] === 'AND') at++;
      parts.push(term());
    }
    return (fields) => parts.every((part) => part(fields));
  };

  function either(): Search {
    const parts = [all()];
    while (words[at] === 'OR') {
      at++;
      parts.push(all());
    }
    return (fields) => parts.some((part) => part(fields));
  }

  const search = either();
  if (at < words.length) throw new Error(`unexpected ${words[at]} in ${source}`);
  return search;
}
