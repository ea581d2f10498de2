// A file system in memory for crash tests. A crash loses unsynced data, and operations fail on demand.

export type ModelFailure = 'ENOSPC' | 'EIO' | 'EROFS' | 'EMFILE' | 'EACCES';
export type ModelOperation =
  | 'open'
  | 'read'
  | 'write'
  | 'datasync'
  | 'truncate'
  | 'rename'
  | 'remove'
  | 'syncDirectory'
  | 'list';

export interface ModelFilesOptions {
  /** Epoch milliseconds, for times of modification. */
  readonly now?: () => number;
  /** Syncs succeed without effect, as the control of a crash test. */
  readonly ignoreSyncs?: boolean;
  /** Awaited before each operation, so that a crash can happen between any two. */
  readonly delay?: () => Promise<unknown>;
}

export interface ModelFile {
  read(buffer: Uint8Array, position: number): Promise<number>;
  write(bytes: Uint8Array, position: number): Promise<number>;
  truncate(length: number): Promise<void>;
  datasync(): Promise<void>;
  status(): Promise<{ readonly size: number; readonly modifiedMs: number; readonly isRemoved: boolean }>;
  close(): Promise<void>;
}

/** Implements `Files` of the journal. Directories exist implicitly. Every path is absolute. */
export interface ModelFiles {
  /** `createSynced`: each write is followed by a sync. They are two operations that fail and are delayed separately. */
  open(path: string, mode: 'read' | 'update' | 'create' | 'createSynced'): Promise<ModelFile>;
  list(directory: string): Promise<readonly string[]>;
  makeDirectory(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
  freeBytes(path: string): Promise<number>;

  /**
   * Simulates a crash of the machine. `keep` decides which unsynced changes survive. It is called for each 512-byte sector
   * of each write, each truncation, and each name. Returns the file system after the crash. All later operations on this
   * one fail.
   */
  crash(keep: () => boolean): ModelFiles;
  /** Simulates a killed process: its writes stay visible, synced or not. Returns the file system of the next process. */
  kill(): ModelFiles;
  /** Makes the next `times` operations of a kind fail. `short`: a write writes that many bytes and does not fail. */
  fail(operation: ModelOperation, failure: ModelFailure | { readonly short: number }, times?: number): void;
  /** Removes the failures that have not happened yet. */
  clearFailures(): void;
  /** Sets the free space. Writes beyond it are short, then fail with ENOSPC. */
  setFreeBytes(bytes: number): void;
  /** Makes reads of this range fail with EIO; undefined ends it. */
  setUnreadable(path: string, range: { readonly from: number; readonly to: number } | undefined): void;
  paths(): readonly string[];
  content(path: string): Buffer;
  /** Creates a durable file. */
  put(path: string, content: Uint8Array, modifiedMs?: number): void;
  /** A synced copy of the current state. */
  copy(): ModelFiles;
  openHandles(): number;
}

const sectorBytes = 512;

type Pending =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly length: number };

interface Inode {
  /** The content that a read returns. */
  data: Buffer;
  size: number;
  /** The synced content, without `pending`. */
  synced: Buffer;
  pending: Pending[];
  modifiedMs: number;
  unreadable: { readonly from: number; readonly to: number } | undefined;
}

/** The visible names, and the durable names. */
interface Names {
  readonly seen: Map<string, Inode>;
  readonly durable: Map<string, Inode>;
}

export function modelFiles(options: ModelFilesOptions = {}): ModelFiles {
  return session(options, { seen: new Map(), durable: new Map() }, Number.POSITIVE_INFINITY);
}

/** The file system of one process. */
function session(options: ModelFilesOptions, all: Names, freeAtStart: number): ModelFiles {
  const { now = () => 0, ignoreSyncs = false } = options;
  const { seen: names, durable: durableNames } = all;
  const failures = new Map<ModelOperation, (ModelFailure | { readonly short: number })[]>();
  let free = freeAtStart;
  let dead = false;
  let handles = 0;

  /** Applies the delay and a failure. Returns the length of a short write. */
  async function beforeOperation(operation: ModelOperation, path: string): Promise<number | undefined> {
    await options.delay?.();
    if (dead) throw systemError('EBADF', operation, path);
    const failure = failures.get(operation)?.shift();
    if (failure === undefined) return undefined;
    if (typeof failure === 'object') return failure.short;
    throw systemError(failure, operation, path);
  }

  function inodeOf(path: string, operation: string): Inode {
    const inode = names.get(path);
    if (inode === undefined) throw systemError('ENOENT', operation, path);
    return inode;
  }

  function handle(path: string, inode: Inode): ModelFile {
    let open = true;
    handles += 1;
    function check(operation: string): void {
      if (!open || dead) throw systemError('EBADF', operation, path);
    }
    return {
      async read(buffer, position) {
        check('read');
        await beforeOperation('read', path);
        const { unreadable } = inode;
        if (unreadable !== undefined && position < unreadable.to && position + buffer.length > unreadable.from) {
          throw systemError('EIO', 'read', path);
        }
        const length = Math.max(0, Math.min(buffer.length, inode.size - position));
        buffer.set(inode.data.subarray(position, position + length));
        return length;
      },
      async write(given, position) {
        check('write');
        const short = await beforeOperation('write', path);
        const room = Math.max(0, Math.min(given.length, short ?? given.length, free));
        if (room === 0 && given.length > 0) throw systemError('ENOSPC', 'write', path);
        const bytes = Buffer.from(given.subarray(0, room));
        free -= Math.max(0, position + room - inode.size);
        apply(inode, { kind: 'write', position, bytes });
        inode.pending.push({ kind: 'write', position, bytes });
        inode.modifiedMs = now();
        return room;
      },
      async truncate(length) {
        check('truncate');
        await beforeOperation('truncate', path);
        apply(inode, { kind: 'truncate', length });
        inode.pending.push({ kind: 'truncate', length });
      },
      async datasync() {
        check('datasync');
        try {
          await beforeOperation('datasync', path);
        } catch (error) {
          // As on Linux: after a failed sync the data counts as written, but is not.
          inode.pending = [];
          throw error;
        }
        if (ignoreSyncs) return;
        inode.synced = Buffer.from(inode.data.subarray(0, inode.size));
        inode.pending = [];
      },
      async status() {
        check('status');
        return { size: inode.size, modifiedMs: inode.modifiedMs, isRemoved: ![...names.values()].includes(inode) };
      },
      async close() {
        if (open) handles -= 1;
        open = false;
      },
    };
  }

  const model: ModelFiles = {
    async open(path, mode) {
      await beforeOperation('open', path);
      if (mode === 'read' || mode === 'update') return handle(path, inodeOf(path, 'open'));
      if (names.has(path)) throw systemError('EEXIST', 'open', path);
      const inode = newInode(Buffer.alloc(0), now());
      names.set(path, inode);
      const file = handle(path, inode);
      if (mode === 'create') return file;
      return {
        ...file,
        async write(bytes, position) {
          const written = await file.write(bytes, position);
          await file.datasync();
          return written;
        },
      };
    },
    async list(directory) {
      await beforeOperation('list', directory);
      return [...names.keys()]
        .filter((path) => parentOf(path) === directory)
        .map((path) => path.slice(directory.length + 1));
    },
    async makeDirectory() {},
    async rename(from, to) {
      await beforeOperation('rename', from);
      names.set(to, inodeOf(from, 'rename'));
      names.delete(from);
    },
    async remove(path) {
      await beforeOperation('remove', path);
      free += inodeOf(path, 'remove').size;
      names.delete(path);
    },
    async syncDirectory(directory) {
      await beforeOperation('syncDirectory', directory);
      if (ignoreSyncs) return;
      for (const path of durableNames.keys()) if (parentOf(path) === directory) durableNames.delete(path);
      for (const [path, inode] of names) if (parentOf(path) === directory) durableNames.set(path, inode);
    },
    async freeBytes() {
      return free;
    },

    crash(keep) {
      dead = true;
      const survivors = new Map<string, Inode>();
      for (const path of new Set([...durableNames.keys(), ...names.keys()])) {
        const before = durableNames.get(path);
        const after = names.get(path);
        const inode = before === after || keep() ? after : before;
        if (inode !== undefined) survivors.set(path, inode);
      }
      for (const inode of new Set(survivors.values())) applyCrash(inode, keep);
      const found = modelFiles(options);
      for (const [path, inode] of survivors) found.put(path, inode.data.subarray(0, inode.size), inode.modifiedMs);
      found.setFreeBytes(free);
      return found;
    },
    kill() {
      dead = true;
      return session(options, all, free);
    },
    fail(operation, failure, times = 1) {
      const list = failures.get(operation) ?? [];
      failures.set(operation, list);
      for (let n = 0; n < times; n += 1) list.push(failure);
    },
    clearFailures: () => failures.clear(),
    setFreeBytes(bytes) {
      free = bytes;
    },
    setUnreadable(path, range) {
      inodeOf(path, 'read').unreadable = range;
    },
    paths: () => [...names.keys()].sort(),
    content(path) {
      const { data, size } = inodeOf(path, 'read');
      return Buffer.from(data.subarray(0, size));
    },
    put(path, content, modifiedMs = now()) {
      const inode = newInode(Buffer.from(content), modifiedMs);
      names.set(path, inode);
      durableNames.set(path, inode);
    },
    copy() {
      const other = modelFiles(options);
      for (const path of names.keys()) other.put(path, model.content(path));
      return other;
    },
    openHandles: () => handles,
  };
  return model;
}

function newInode(content: Buffer, modifiedMs: number): Inode {
  return { data: content, size: content.length, synced: content, pending: [], modifiedMs, unreadable: undefined };
}

function apply(inode: Inode, change: Pending): void {
  if (change.kind === 'truncate') {
    if (change.length < inode.size) inode.data = Buffer.from(inode.data.subarray(0, change.length));
    inode.size = Math.min(inode.size, change.length);
    return;
  }
  const end = change.position + change.bytes.length;
  if (end > inode.data.length) {
    const grown = Buffer.alloc(Math.max(end, inode.data.length * 2));
    inode.data.copy(grown, 0, 0, inode.size);
    inode.data = grown;
  }
  inode.data.set(change.bytes, change.position);
  inode.size = Math.max(inode.size, end);
}

/** The content of a file after a crash: the synced content and the kept sectors of later changes. */
function applyCrash(inode: Inode, keep: () => boolean): void {
  const { pending, synced } = inode;
  inode.data = Buffer.from(synced);
  inode.size = synced.length;
  for (const change of pending) {
    if (change.kind === 'truncate') {
      if (keep()) apply(inode, change);
      continue;
    }
    const { position, bytes } = change;
    for (let at = 0; at < bytes.length; ) {
      const length = Math.min(sectorBytes - ((position + at) % sectorBytes), bytes.length - at);
      if (keep()) apply(inode, { kind: 'write', position: position + at, bytes: bytes.subarray(at, at + length) });
      at += length;
    }
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function systemError(code: ModelFailure | 'ENOENT' | 'EEXIST' | 'EBADF', operation: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${operation} ${path} (model)`), { code });
}
