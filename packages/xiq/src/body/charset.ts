// Decodes the bytes of a body to text, and finds the bytes of a part of the text.
import { Buffer, isUtf8 as isValidUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';

export interface BodyText {
  /** With U+FFFD for bytes that are no character. */
  readonly text: string;
  /** The bytes of `text`, without a byte order mark. */
  readonly bytes: Buffer;
  /** A name that TextDecoder has. */
  readonly charset: string;
  /** Whether the bytes are the text in UTF-8. */
  readonly isUtf8: boolean;
}

const utf8 = 'utf-8';

const marks: readonly (readonly [charset: string, mark: readonly number[]])[] = [
  [utf8, [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

/** JSON starts with two ASCII characters, so one zero among the first two bytes means UTF-16 (RFC 4627, 3). */
function utf16Of(bytes: Uint8Array): string | undefined {
  if (bytes.length < 2 || (bytes[0] === 0) === (bytes[1] === 0)) return undefined;
  return bytes[0] === 0 ? 'utf-16be' : 'utf-16le';
}

const charsetParameter = /;\s*charset\s*=\s*["']?\s*([^\s"';]+)/i;

/**
 * The declared charset; UTF-8, which JSON is (RFC 8259), if none is declared or it is unknown. UTF-16 is recognized by its
 * bytes, so a declaration of it that the bytes do not show is wrong. Any other declaration is believed, although UTF-8
 * bytes under a wrong one become other letters: the sender says what it wrote, a guess by the bytes would decode two
 * bodies of one sender differently, and the document keeps the original bytes.
 */
function declaredCharset(contentType: string | undefined): string {
  const label = contentType?.includes(';') === true ? charsetParameter.exec(contentType)?.[1] : undefined;
  if (label === undefined) return utf8;
  try {
    const { encoding } = new TextDecoder(label);
    return encoding.startsWith('utf-16') ? utf8 : encoding;
  } catch {
    return utf8;
  }
}

// A second byte order mark is a character.
const decoderOf = (charset: string): TextDecoder => new TextDecoder(charset, { ignoreBOM: true });

/** By the byte order mark, else by the zeros of UTF-16, else as the content type declares. Never throws. */
export function decodeBody(body: Uint8Array, contentType?: string): BodyText {
  const all = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const isMarked = ([, mark]: readonly [string, readonly number[]]) => mark.every((byte, index) => all[index] === byte);
  const [marked, mark] = ((all[0] ?? 0) > 0x7f ? marks.find(isMarked) : undefined) ?? [];
  const bytes = all.subarray(mark?.length ?? 0);
  const charset = marked ?? utf16Of(bytes) ?? declaredCharset(contentType);
  if (charset === utf8) return { text: bytes.toString('utf8'), bytes, charset, isUtf8: isValidUtf8(bytes) };
  const text = decoderOf(charset).decode(bytes);
  return { text, bytes, charset, isUtf8: bytes.equals(Buffer.from(text)) };
}

/** The bytes of a part of the text between two ASCII characters; undefined if they cannot be found. */
export type FindBytes = (start: number, end: number) => Uint8Array | undefined;

/**
 * The parts are asked for from the first to the last. Works for every charset, also if a byte of a long character looks
 * like a delimiter, because only the decoder counts: of no charset does it give more characters than it has read bytes.
 */
export function byteFinder({ bytes, charset }: BodyText): FindBytes {
  const decoder = decoderOf(charset);
  let textAt = 0;
  let byteAt = 0;
  function byteOffset(to: number): number {
    while (textAt < to && byteAt < bytes.length) {
      // Up to three bytes of a broken character may wait in the decoder.
      const next = byteAt + Math.max(1, to - textAt - 3);
      textAt += decoder.decode(bytes.subarray(byteAt, next), { stream: true }).length;
      byteAt = next;
    }
    return byteAt;
  }
  let isLost = false;
  return (start, end) => {
    if (isLost) return undefined;
    try {
      const from = byteOffset(start);
      return bytes.subarray(from, byteOffset(end));
    } catch {
      // Node.js has no room for the characters of some broken bytes of GB18030 and EUC-JP.
      isLost = true;
      return undefined;
    }
  };
}
