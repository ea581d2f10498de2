// Sanitizes server messages and errors before they are stored or shown.

/** Removes secrets from a text. */
export type Redact = (text: string) => string;

const maxMessageBytes = 2048;
const maxReadCharacters = 16_384;
/** Maximum length of a secret. The text may have been cut in the middle of one. */
const maxSecretCharacters = 8_192;

/** One line of at most 2 KiB, without control and direction characters, without secrets. */
export function sanitizeText(text: string, redact: Redact): string {
  const read = redact(text.slice(0, maxReadCharacters));
  const whole = text.length > maxReadCharacters ? read.slice(0, -maxSecretCharacters) : read;
  const line = whole.replace(/[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
  // Redacted again: a secret may have been split over lines.
  return cutToBytes(redact(line).trim(), maxMessageBytes);
}

/** The sanitized text of any thrown value. */
export function sanitizeError(error: unknown, redact: Redact): string {
  try {
    return sanitizeText(String(error), redact);
  } catch {
    return 'an error without a readable message';
  }
}

function cutToBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const mark = '…';
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes - Buffer.byteLength(mark)));
  return `${text.slice(0, read)}${mark}`;
}
