import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sanitizeText } from './sanitize-text.ts';

test('a text becomes one line without control and direction characters and secrets', () => {
  const redact = (text: string) => text.replaceAll('s3cret', '[secret]');
  expect(sanitizeText('  a\r\nb\u001b[31m \u202etoken s3cret\u0000 ', redact)).toBe('a b [31m token [secret]');
});

test('a secret is removed if its spaces are folded, and if a long text is cut in its middle', () => {
  const secret = `a  ${'k'.repeat(1497)}`;
  const redact = (text: string) => text.replaceAll(secret, '-').replaceAll(secret.replace('  ', ' '), '-');
  expect(sanitizeText(`refused: ${secret.replace('  ', '\n')}`, redact)).toBe('refused: -');
  expect(sanitizeText(secret.repeat(20), redact)).not.toContain('k');
  expect(sanitizeText(`refused: ${secret}`, (text) => text.replaceAll(secret, '-'))).toBe('refused: -');
});

test('a text is cut between characters at 2 KiB at most', () => {
  expect(sanitizeText('ä'.repeat(5000), String)).toBe(`${'ä'.repeat(1022)}…`);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3000, minLength: 500 }), (text) => {
      const fit = sanitizeText(text, String);
      expect(Buffer.byteLength(fit)).toBeLessThanOrEqual(2048);
      expect(fit).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
    }),
  );
});
