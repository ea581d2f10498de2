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

/** Reads of a file that another process may be writing: it can tear both slots under one of them, hardly under all. */
const readTries = 4;

/** What a slot file holds, by reading alone: also while another process writes it. */
export async function readSlotFile(
  files: Files,
  path: string,
  slotBytes: number,
  usable: (content: string) => boolean,
): Promise<SlotFile['found']> {
  for (let tries = 1; ; tries += 1) {
    const { file, exists, slots } = await openSlots(files, path, 'read', slotBytes);
    await file?.close();
    const found = newestOf(slots, usable) ?? (exists ? 'damaged' : 'none');
    if (found !== 'damaged' || tries === readTries) return found;
  }
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
  const { slots, ...opened } = await openSlots(files, path, 'update', slotBytes);
  let { file, exists } = opened;
  let nameIsDurable = true;
  let reserved = false;
  const newest = newestOf(slots, usable);
  // A slot that is whole but unusable still counts: the next one must outdo it.
  let generation = Math.max(0, ...slots.map((slot) => slot?.generation ?? 0));
  let target = newest !== undefined && newest === slots[0] ? 1 : 0;

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

/** `exists` without a file: it is there, and the disk does not give it. */
async function openSlots(files: Files, path: string, mode: 'read' | 'update', slotBytes: number) {
  const slots: (Slot | undefined)[] = [undefined, undefined];
  let file: OpenFile | undefined;
  try {
    file = await files.open(path, mode);
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'ENOENT' && code !== 'EIO') throw error;
    return { file, exists: code === 'EIO', slots };
  }
  for (const index of [0, 1]) slots[index] = await readSlot(file, index * slotBytes, slotBytes).catch(() => undefined);
  return { file, exists: true, slots };
}

function newestOf(slots: readonly (Slot | undefined)[], usable: (content: string) => boolean): Slot | undefined {
  const [first, second] = slots.map((slot) => (slot !== undefined && usable(slot.content) ? slot : undefined));
  return (second?.generation ?? 0) > (first?.generation ?? 0) ? second : first;
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
