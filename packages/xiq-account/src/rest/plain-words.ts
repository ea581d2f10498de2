// The other side's words, made fit for a message of ours: one short line, no control characters, no secret.
import type { Secret } from '@xiq-siem/core';

const maxCharacters = 200;
/** Long enough for any message worth reading; what follows is not even looked at. */
const maxRead = 4_096;

/** What looks like a bearer token, whether we know it or not: a JWT begins with `{"` in base64. */
const tokenLike = /\bBearer\s+\S+|\beyJ[\w-]{8,}[\w.-]*/gi;

/** A secret that the other side echoes stands as `[secret]`. */
export function plainWords(text: string, secrets: readonly Secret[] = []): string {
  // Cut only after the secrets are out: a secret that is cut in half is not recognized.
  let words = text;
  for (const secret of secrets) {
    const value = secret.reveal();
    if (value === '') continue;
    const forms = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value.toWellFormed())];
    for (const form of forms) words = words.replaceAll(form, '[secret]');
  }
  words = words
    .slice(0, maxRead)
    .replace(tokenLike, '[secret]')
    .toWellFormed()
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  return words.length > maxCharacters ? `${words.slice(0, maxCharacters).toWellFormed()}…` : words;
}
