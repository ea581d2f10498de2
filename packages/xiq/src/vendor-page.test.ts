import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { messageTypes } from './message-types.ts';

const fixture = (name: string): Promise<string> => readFile(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');

/** The JSON block after a heading of the vendor's page. The line numbers of the listing follow it. */
function blockAfter(page: string, heading: string): unknown {
  const lines = page
    .slice(page.indexOf(heading) + heading.length)
    .trimStart()
    .split('\n');
  return JSON.parse(
    lines
      .slice(
        0,
        lines.findIndex((line) => /^\d+$/.test(line)),
      )
      .join('\n'),
  );
}

it.each([
  ['- User logged in', 'doc-audit-login.json'],
  ['- User logged out:', 'doc-audit-logout.json'],
  ['- Create a PPSK user:', 'doc-audit-ppsk-created.json'],
  ['- Delete a PPSK user:', 'doc-audit-ppsk-deleted.json'],
])("the vendor's example %s is the fixture %s", async (heading, name) => {
  const page = await fixture('vendor-webhook-page.txt');
  expect(page).toContain(heading);
  expect(JSON.parse(await fixture(name))).toStrictEqual(blockAfter(page, heading));
});

it("every message type of the vendor's page is known", async () => {
  const listed = (await fixture('vendor-webhook-page.txt')).split('\n').filter((line) => /^[A-Z_]{9,}$/.test(line));
  // Alerts have subscriptions of their own, which the page does not list.
  expect(new Set([...listed, 'ALERT'])).toEqual(new Set(Object.keys(messageTypes)));
});
