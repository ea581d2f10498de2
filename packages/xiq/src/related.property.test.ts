// Properties of arbitrary elements of every family: related.* has every address, user and host of the document.
import type { JsonValue } from '@xiq-siem/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementOf, families } from './test-bodies.ts';
import { eventsOf } from './test-source.ts';

const users = ['user.name', 'user.email', 'user.target.name', 'user.target.email', 'email.to.address'];
const hosts = ['observer.hostname', 'client.domain', 'extreme.xiq.machine'];

/** The texts of a document by their dotted names, without what the sender's fields and `related` contain. */
function textsOf(node: unknown, path = ''): (readonly [string, string])[] {
  if (['related', 'event.original', 'extreme.xiq.extra'].includes(path)) return [];
  if (typeof node === 'string') return [[path, node]];
  if (Array.isArray(node)) return node.flatMap((item) => textsOf(item, path));
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) => textsOf(value, path === '' ? name : `${path}.${name}`));
}

/** A user name that hides the user is no related user. */
const hidesUser = (text: string): boolean => /^(?:anonymous)?(?:@.*)?$/i.test(text);

function missing(sent: JsonValue | object, messageType: string): string[] {
  return eventsOf(JSON.stringify(sent), messageType).flatMap(({ document }) => {
    const related = new Set(Object.values(document.related ?? {}).flat());
    return textsOf(document)
      .filter(([field, text]) => {
        if (users.includes(field)) return !hidesUser(text);
        return hosts.includes(field) || /\.ip$/.test(field);
      })
      .filter(([, text]) => !related.has(text))
      .map(([field, text]) => `${field}: ${text}`);
  });
}

describe.each(families)('an event of $family', ({ messageType, rules }) => {
  it('has every address, user and host in related.*', () => {
    fc.assert(
      fc.property(elementOf(rules, fc.jsonValue({ maxDepth: 2 })), (element) => {
        expect(missing([element], messageType)).toEqual([]);
        expect(missing({ observations: [element, element] }, messageType)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

describe.each(families)('a field of $family', ({ messageType, rules }) => {
  const names = rules.map(([name]) => name);
  it.each(names)('%s has its address, user or host in related.*', (name) => {
    const value = ['192.0.2.7', '2001:db8::7', 'Jane@Corp.example', 'CORP\\Jane', 'host/pc.corp.example', 'JANE'];
    for (const text of value) expect(missing({ [name]: text, ssid: 'x' }, messageType)).toEqual([]);
  });
});
