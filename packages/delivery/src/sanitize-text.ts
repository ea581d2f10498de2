// The other side's own words, made fit to be kept and shown.

/** Takes secrets out of a text. */
export type Redact = (text: string) => string;

const maxMessageBytes = 2048;
const maxReadCharacters = 16_384;
/** As long as a secret may be: part of one may stand where the reading ended. */
const maxSecretCharacters = 8_192;

/** One line of at most 2 KiB, without control and direction characters, without secrets. */
export function sanitizeText(text: string, redact: Redact): string {
  const read = redact(text.slice(0, maxReadCharacters));
  const whole = text.length > maxReadCharacters ? read.slice(0, -maxSecretCharacters) : read;
  const line = whole.replace(/[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
  // Once more: a secret may have been broken over lines.
  return cutToBytes(redact(line).trim(), maxMessageBytes);
}

/** What an error says, whatever was thrown. */
export function sanitizeError(error: unknown, redact: Redact): string {
  try {
    return sanitizeText(String(error), redact);
  } catch {
    return 'an error that cannot be shown';
  }
}

function cutToBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const mark = '…';
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes - Buffer.byteLength(mark)));
  return `${text.slice(0, read)}${mark}`;
}
