// Stores a small value crash-safely: two slots, written in turn, each with a generation and a CRC.
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { type Files, type OpenFile, systemCode, writeAll } from './files.ts';

/** Slot: magic u32, CRC u32 of the bytes after it, generation u64, length u32, content: a JSON object with version `v`. */
const slotMagic = 0x544c5358;
const slotHeaderBytes = 20;
const versioned = z.object({ v: z.literal(1) });

export interface SlotFormat<T extends object> {
  readonly schema: z.ZodType<T>;
  /** Size of one slot. It must never change. */
  readonly slotBytes: number;
}

export interface FoundInSlots<T> {
  /** The newest intact value that fits the schema. */
  readonly value: T | undefined;
  /** Whether the file exists and has no such value. */
  readonly damaged: boolean;
}

/** Another process may write while this one reads. One read may then see two torn slots; four reads hardly will. */
const readTries = 4;

/** Reads a slot file; also while another process writes it. */
export async function readSlotFile<T extends object>(
  files: Files,
  path: string,
  format: SlotFormat<T>,
): Promise<FoundInSlots<T>> {
  for (let tries = 1; ; tries += 1) {
    const { file, found } = await openSlots(files, path, 'read', format);
    await file?.close();
    if (!found.damaged || tries === readTries) return found;
  }
}

/** Opens a slot file. The first save creates it. */
export async function openSlotFile<T extends object>(files: Files, path: string, format: SlotFormat<T>) {
  const { schema, slotBytes } = format;
  const { found, ...opened } = await openSlots(files, path, 'update', format);
  let { file, exists, generation, target } = opened;
  let nameIsDurable = true;
  let reserved = false;

  /** Resolves when `value` is on disk. Rejects with an error of the file system; the previous value is then unchanged. */
  async function saveValue(value: T): Promise<void> {
    const bytes = encodeSlot(generation + 1, JSON.stringify({ v: 1, ...schema.parse(value) }));
    if (bytes.length > slotBytes) throw new Error(`${path}: ${bytes.length} bytes exceed the size of a slot`);
    // Another process removed the file: it is created again.
    if (file !== undefined && (await file.status()).isRemoved) {
      await file.close();
      file = undefined;
      exists = false;
      reserved = false;
    }
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
      // A handle is not used again after a failed sync: the next save opens the file and writes the same slot.
      await file.close().catch(() => undefined);
      file = undefined;
      throw error;
    }
    generation += 1;
    target = 1 - target;
    if (!reserved) reserved = await reserve(file, slotBytes);
  }

  async function closeSlots(): Promise<void> {
    await file?.close();
    file = undefined;
  }
  return { found, save: saveValue, close: closeSlots };
}

/**
 * Writes both slots to their full length: later saves then need no new blocks. A full disk could otherwise prevent the
 * save of a position, and with it the removal of settled segments. Returns whether it succeeded.
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

/** `exists` without `file`: the disk cannot read the file. `target` is the slot to write next. */
async function openSlots<T extends object>(
  files: Files,
  path: string,
  mode: 'read' | 'update',
  { schema, slotBytes }: SlotFormat<T>,
) {
  let file: OpenFile | undefined;
  let found: FoundInSlots<T> = { value: undefined, damaged: true };
  let newest = 0;
  let generation = 0;
  let target = 0;
  try {
    file = await files.open(path, mode);
  } catch (error) {
    const code = systemCode(error);
    const isNoFile = code === 'EISDIR' || code === 'ELOOP';
    if (code !== 'ENOENT' && code !== 'EIO' && !isNoFile) throw error;
    // A directory or a link to itself has the name. If it cannot be moved aside, each save fails.
    const isFree = isNoFile && mode === 'update' && (await moveAside(files, path));
    return {
      file,
      exists: code !== 'ENOENT' && !isFree,
      found: { ...found, damaged: code !== 'ENOENT' },
      generation,
      target,
    };
  }
  for (const index of [0, 1]) {
    const slot = await readSlot(file, index * slotBytes, slotBytes).catch(() => undefined);
    // An intact slot with an invalid value counts too: the next generation must be higher.
    generation = Math.max(generation, slot?.generation ?? 0);
    const value = slot === undefined ? undefined : parse(slot.content, schema);
    if (slot === undefined || value === undefined || slot.generation <= newest) continue;
    newest = slot.generation;
    found = { value, damaged: false };
    target = 1 - index;
  }
  return { file, exists: true, found, generation, target };
}

/** Renames what has the name of a slot file, so that an operator can inspect it. Returns whether it succeeded. */
async function moveAside(files: Files, path: string): Promise<boolean> {
  return files.rename(path, `${path}.bad-${randomUUID()}`).then(
    () => true,
    () => false,
  );
}

function parse<T>(content: string, schema: z.ZodType<T>): T | undefined {
  try {
    const json: unknown = JSON.parse(content);
    versioned.parse(json);
    return schema.parse(json);
  } catch {
    return undefined;
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

async function readSlot(file: OpenFile, at: number, slotBytes: number) {
  const header = Buffer.alloc(slotHeaderBytes);
  if ((await file.read(header, at)) < slotHeaderBytes || header.readUInt32LE(0) !== slotMagic) return undefined;
  const length = header.readUInt32LE(16);
  if (length > slotBytes - slotHeaderBytes) return undefined;
  const content = Buffer.alloc(length);
  if ((await file.read(content, at + slotHeaderBytes)) < length) return undefined;
  if (crc32(content, crc32(header.subarray(8))) !== header.readUInt32LE(4)) return undefined;
  return { generation: Number(header.readBigUInt64LE(8)), content: content.toString() };
}
