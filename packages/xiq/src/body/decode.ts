// Bytes of a body as text: UTF-8, with or without a byte order mark, and what to do where it is not.
import { Buffer, isUtf8 } from 'node:buffer';

export interface BodyText {
  /** Invalid UTF-8 stands as U+FFFD. */
  readonly text: string;
  /** The bytes of `text`, without a byte order mark. */
  readonly bytes: Buffer;
  readonly valid: boolean;
  readonly utf16: boolean;
}

const utf8Mark = [0xef, 0xbb, 0xbf];

/** JSON begins with two characters of ASCII: a zero among the first bytes means two bytes a character (RFC 4627, 3). */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  return bytes.length > 1 && (first === 0) !== (second === 0);
}

export function decodeBody(body: Uint8Array): BodyText {
  const all = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const bytes = utf8Mark.every((byte, index) => all[index] === byte) ? all.subarray(utf8Mark.length) : all;
  return { text: bytes.toString('utf8'), bytes, valid: isUtf8(bytes), utf16: looksLikeUtf16(bytes) };
}
