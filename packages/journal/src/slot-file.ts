// A small value that survives any crash: two slots written in turn, each with a generation and a CRC.
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Files, type OpenFile, systemCode, writeAll } from './files.ts';

/** Slot: magic u32, CRC u32 of what follows, generation u64, length u32, content. */
const slotMagic = 0x544c5358;
const slotHeaderBytes = 20;

export interface SlotFile {
  /** The newest content that is whole. `damaged`: the file is there and holds none. */
  readonly found: { readonly content: string } | 'damaged' | 'none';
  /** Resolves when `content` is on disk. After a rejection, the system's own, the content before is still there. */
  save(content: string): Promise<void>;
  close(): Promise<void>;
}

interface Slot {
  readonly generation: number;
  readonly content: string;
}

/**
 * Opens a slot file, which is made at the first save. `slotBytes` is the room of one slot and must stay the same for good.
 * `usable` says whether a content can be used; if not, the other slot is.
 */
export async function openSlotFile(
  files: Files,
  path: string,
  slotBytes: number,
  usable: (content: string) => boolean,
): Promise<SlotFile> {
  let file: OpenFile | undefined;
  let exists = false;
  let nameIsDurable = true;
  let reserved = false;
  const slots: (Slot | undefined)[] = [undefined, undefined];
  try {
    file = await files.open(path, 'update');
    exists = true;
    for (const index of [0, 1])
      slots[index] = await readSlot(file, index * slotBytes, slotBytes).catch(() => undefined);
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'ENOENT' && code !== 'EIO') throw error;
    exists = code === 'EIO';
  }
  const [first, second] = slots.map((slot) => (slot !== undefined && usable(slot.content) ? slot : undefined));
  const newest = (second?.generation ?? 0) > (first?.generation ?? 0) ? second : first;
  // A slot that is whole but unusable still counts: the next one must outdo it.
  let generation = Math.max(0, ...slots.map((slot) => slot?.generation ?? 0));
  let target = newest !== undefined && newest === first ? 1 : 0;

  return {
    found: newest ?? (exists ? 'damaged' : 'none'),
    async save(content) {
      const bytes = encodeSlot(generation + 1, content);
      if (bytes.length > slotBytes) throw new Error(`${path}: ${bytes.length} bytes are more than a slot holds`);
      if (file === undefined) {
        file = await files.open(path, exists ? 'update' : 'create');
        nameIsDurable = exists && nameIsDurable;
        exists = true;
      }
      try {
        await writeAll(file, bytes, target * slotBytes);
        await file.datasync();
        if (!nameIsDurable) await files.syncDirectory(dirname(path));
        nameIsDurable = true;
      } catch (error) {
        // A handle whose sync failed is not to be trusted; the next save opens the file anew and writes the same slot.
        await file.close().catch(() => undefined);
        file = undefined;
        throw error;
      }
      generation += 1;
      target = 1 - target;
      if (!reserved) reserved = await reserve(file, slotBytes);
    },
    async close() {
      await file?.close();
      file = undefined;
    },
  };
}

/**
 * Writes both slots as they are, to their whole length: every later save then stays within blocks that the file has. On a
 * full disk it could not grow, and what waits for it to say what is settled would never make room. False: not yet.
 */
async function reserve(file: OpenFile, slotBytes: number): Promise<boolean> {
  try {
    const content = Buffer.alloc(2 * slotBytes);
    await file.read(content, 0);
    await writeAll(file, content, 0);
    return true;
  } catch {
    return false;
  }
}

function encodeSlot(generation: number, content: string): Buffer {
  const bytes = Buffer.alloc(slotHeaderBytes + Buffer.byteLength(content));
  bytes.writeUInt32LE(slotMagic, 0);
  bytes.writeBigUInt64LE(BigInt(generation), 8);
  bytes.writeUInt32LE(bytes.length - slotHeaderBytes, 16);
  bytes.write(content, slotHeaderBytes);
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4);
  return bytes;
}

async function readSlot(file: OpenFile, at: number, slotBytes: number): Promise<Slot | undefined> {
  const header = Buffer.alloc(slotHeaderBytes);
  if ((await file.read(header, at)) < slotHeaderBytes || header.readUInt32LE(0) !== slotMagic) return undefined;
  const length = header.readUInt32LE(16);
  if (length > slotBytes - slotHeaderBytes) return undefined;
  const content = Buffer.alloc(length);
  if ((await file.read(content, at + slotHeaderBytes)) < length) return undefined;
  if (crc32(content, crc32(header.subarray(8))) !== header.readUInt32LE(4)) return undefined;
  return { generation: Number(header.readBigUInt64LE(8)), content: content.toString() };
}
