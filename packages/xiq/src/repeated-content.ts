// Finds events that came before in a different request: they share an id, so a destination may keep one of them.
import { crc32 } from 'node:zlib';
import type { StoredBody } from '@xiq-siem/core';

/** Of the last events: 1.5 MiB. An event may displace another, so that a repeat is not found. */
const slots = 131_072;

/** Whether an event with this id came before in a webhook with other bytes. An equal webhook is the same one, sent again. */
type IsRepeated = (id: string) => boolean;

/** Returns undefined for a body that was seen before: each body counts once, however often it is read. */
export type RepeatedContent = (body: StoredBody) => IsRepeated | undefined;

/** Eight digits in lower case. Faster than parseInt. */
function hexNumber(text: string, start: number): number {
  let number = 0;
  for (let at = start; at < start + 8; at++) {
    const unit = text.charCodeAt(at);
    number = (number << 4) | (unit < 0x61 ? unit - 0x30 : unit - 0x57);
  }
  return number >>> 0;
}

export function createRepeatedContent(): RepeatedContent {
  /** Three numbers each: two parts of an id, and the checksum of its body. */
  const seen = new Uint32Array(slots * 3);
  let highest = 0;
  return ({ sequence, metadata, bytes }) => {
    if (sequence <= highest || metadata.origin !== 'webhook') return undefined;
    highest = sequence;
    const checksum = crc32(bytes);
    return (id) => {
      const first = hexNumber(id, 1);
      const second = hexNumber(id, 9);
      const at = (first % slots) * 3;
      const isKnown = seen[at] === first && seen[at + 1] === second;
      const isRepeated = isKnown && seen[at + 2] !== checksum;
      if (!isKnown) {
        seen[at] = first;
        seen[at + 1] = second;
        seen[at + 2] = checksum;
      }
      return isRepeated;
    };
  };
}
