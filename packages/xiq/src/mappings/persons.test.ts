import { expect, it } from 'vitest';
import { DocumentDraft } from '../document/document-draft.ts';
import { setPerson } from './common.ts';

function fieldsOf(text: string, options: { readonly short?: boolean; readonly related?: boolean }) {
  const draft = new DocumentDraft();
  const differs = setPerson(draft, 'user', text, options);
  const { user, related } = draft.finish();
  return { differs, user, related: related?.user };
}

it.each<[string, object, readonly string[], boolean]>([
  ['jane', { name: 'jane' }, ['jane'], false],
  ['JANE', { name: 'jane' }, ['jane'], true],
  ['CORP\\Jane', { name: 'jane', domain: 'CORP' }, ['jane', 'CORP\\Jane'], true],
  [
    'Jane@Corp.example',
    { name: 'jane', domain: 'corp.example', email: 'jane@corp.example' },
    ['jane', 'jane@corp.example'],
    true,
  ],
  [
    '  Bob@corp.example ',
    { name: 'bob', domain: 'corp.example', email: 'bob@corp.example' },
    ['bob', 'bob@corp.example'],
    true,
  ],
  ['"jane@corp.example"', { name: '"jane@corp.example"' }, ['"jane@corp.example"'], false],
  ['jane@corp', { name: 'jane@corp' }, ['jane@corp'], false],
  ['Guest 12', { name: 'Guest 12' }, ['Guest 12'], false],
  ['host/PC', { name: 'host/PC' }, ['host/PC'], false],
  ['+49 151 000', { name: '+49 151 000' }, ['+49 151 000'], false],
])('D11: a network user %j has its short name, domain and e-mail', (text, user, related, differs) => {
  expect(fieldsOf(text, { short: true })).toEqual({ user, related, differs });
});

it.each<[string, object, readonly string[], boolean]>([
  [
    'jane@corp.example',
    { name: 'jane@corp.example', email: 'jane@corp.example', domain: 'corp.example' },
    ['jane@corp.example'],
    false,
  ],
  [
    ' Jane@Corp.example',
    { name: 'jane@corp.example', email: 'jane@corp.example', domain: 'corp.example' },
    ['jane@corp.example'],
    true,
  ],
  ['CORP\\Jane', { name: 'jane', domain: 'CORP' }, ['jane', 'CORP\\Jane'], true],
])('D11: the login of the account %j is its user name', (text, user, related, differs) => {
  expect(fieldsOf(text, {})).toEqual({ user, related, differs });
});
