// The audit event of one changing admin call: names and numbers of what was asked, never a document.
import type { AdminChange } from '@xiq-siem/admin-api';
import { escapeControls } from '@xiq-siem/core';
import { newSignal, type Signal } from './signal.ts';

const maxWords = 16;
const maxWordLength = 160;
const maxListed = 10;

export function adminSignal({ call, outcome, code, input }: AdminChange, atMs: number): Signal {
  const words = wordsOf(input);
  return newSignal('admin-call', call, atMs, {
    ...{ outcome, reason: code },
    facts: { 'admin.call': call, ...(words.length > 0 && { 'admin.input': words }) },
  });
}

/** `key=value`; an object's members one level down as `key.member=value`, and what lies deeper as `…`. */
function wordsOf(input: Readonly<Record<string, unknown>>): readonly string[] {
  const pairs = Object.entries(input).flatMap(([key, value]): (readonly [string, unknown])[] =>
    isPlain(value) ? Object.entries(value).map(([member, inner]) => [`${key}.${member}`, inner]) : [[key, value]],
  );
  return pairs
    .filter(([, value]) => value !== undefined && value !== null)
    .slice(0, maxWords)
    .map(([key, value]) => cut(`${key}=${shown(value)}`));
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function shown(value: unknown): string {
  if (Array.isArray(value)) {
    const more = value.length > maxListed ? [`and ${value.length - maxListed} more`] : [];
    return [...value.slice(0, maxListed).map((item) => (isScalar(item) ? String(item) : '…')), ...more].join(',');
  }
  return isScalar(value) ? String(value) : '…';
}

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

function cut(word: string): string {
  const escaped = escapeControls(word.length <= maxWordLength ? word : `${word.slice(0, maxWordLength - 1)}…`);
  return escaped.toWellFormed();
}
