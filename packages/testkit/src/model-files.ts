// A file system in memory that forgets at a crash what was not synced, and fails when told to.

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
  /** The control of a crash test: syncs are answered and not done. */
  readonly ignoreSyncs?: boolean;
  /** Awaited before each operation has its effect, so that a crash can come between any two. */
  readonly delay?: () => Promise<unknown>;
}

export interface ModelFile {
  read(buffer: Uint8Array, position: number): Promise<number>;
  write(bytes: Uint8Array, position: number): Promise<number>;
  truncate(length: number): Promise<void>;
  datasync(): Promise<void>;
  status(): Promise<{ readonly size: number; readonly modifiedMs: number }>;
  close(): Promise<void>;
}

/** Has the shape of the journal's `Files`. Directories need not be made. Every path is absolute. */
export interface ModelFiles {
  /** What `createSynced` opens syncs with each write: two operations, that fail and are delayed each on its own. */
  open(path: string, mode: 'read' | 'update' | 'create' | 'createSynced'): Promise<ModelFile>;
  list(directory: string): Promise<readonly string[]>;
  makeDirectory(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
  freeBytes(path: string): Promise<number>;

  /**
   * The machine stops: of what was not synced an arbitrary part survives, chosen by `keep` (asked once for each 512-byte
   * sector of each write, each cut, and each name). Gives the file system as it is found afterwards; in this one nothing
   * works any more, so that what still ran at the crash cannot reach beyond it.
   */
  crash(keep: () => boolean): ModelFiles;
  /** Only the process stops: what it wrote is still seen, synced or not. Gives the file system for the next process. */
  kill(): ModelFiles;
  /** The next `times` operations of a kind fail. A `write` of `short` takes that many bytes and does not fail. */
  fail(operation: ModelOperation, failure: ModelFailure | { readonly short: number }, times?: number): void;
  /** Forgets the failures that have not happened yet. */
  heal(): void;
  /** Bytes that can still be written; writes beyond it are short, then ENOSPC. */
  setFreeBytes(bytes: number): void;
  /** Reads that touch the byte fail with EIO until called again with undefined. */
  setUnreadable(path: string, range: { readonly from: number; readonly to: number } | undefined): void;
  paths(): readonly string[];
  content(path: string): Buffer;
  /** Puts content there, as on disk as anything can be. */
  put(path: string, content: Uint8Array, modifiedMs?: number): void;
  /** A copy of all that is there now, synced. */
  copy(): ModelFiles;
  openHandles(): number;
}

const sectorBytes = 512;

type Pending =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly length: number };

interface Inode {
  /** As it is read now. */
  data: Buffer;
  size: number;
  /** As a crash would leave it, before `pending`. */
  synced: Buffer;
  pending: Pending[];
  modifiedMs: number;
  unreadable: { readonly from: number; readonly to: number } | undefined;
}

/** The names as they are seen, and as they are on disk. */
interface Names {
  readonly seen: Map<string, Inode>;
  readonly durable: Map<string, Inode>;
}

export function modelFiles(options: ModelFilesOptions = {}): ModelFiles {
  return session(options, { seen: new Map(), durable: new Map() }, Number.POSITIVE_INFINITY);
}

/** What one process sees of the file system. */
function session(options: ModelFilesOptions, all: Names, freeAtStart: number): ModelFiles {
  const { now = () => 0, ignoreSyncs = false } = options;
  const { seen: names, durable: durableNames } = all;
  const failures = new Map<ModelOperation, (ModelFailure | { readonly short: number })[]>();
  let free = freeAtStart;
  let dead = false;
  let handles = 0;

  /** The bytes that a `write` may take, if it is to be a short one. */
  async function meet(operation: ModelOperation, path: string): Promise<number | undefined> {
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
        await meet('read', path);
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
        const short = await meet('write', path);
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
        await meet('truncate', path);
        apply(inode, { kind: 'truncate', length });
        inode.pending.push({ kind: 'truncate', length });
      },
      async datasync() {
        check('datasync');
        try {
          await meet('datasync', path);
        } catch (error) {
          // As Linux does it: what was to be written counts as written, and is not.
          inode.pending = [];
          throw error;
        }
        if (ignoreSyncs) return;
        inode.synced = Buffer.from(inode.data.subarray(0, inode.size));
        inode.pending = [];
      },
      async status() {
        check('status');
        return { size: inode.size, modifiedMs: inode.modifiedMs };
      },
      async close() {
        if (open) handles -= 1;
        open = false;
      },
    };
  }

  const model: ModelFiles = {
    async open(path, mode) {
      await meet('open', path);
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
      await meet('list', directory);
      return [...names.keys()]
        .filter((path) => parentOf(path) === directory)
        .map((path) => path.slice(directory.length + 1));
    },
    async makeDirectory() {},
    async rename(from, to) {
      await meet('rename', from);
      names.set(to, inodeOf(from, 'rename'));
      names.delete(from);
    },
    async remove(path) {
      await meet('remove', path);
      free += inodeOf(path, 'remove').size;
      names.delete(path);
    },
    async syncDirectory(directory) {
      await meet('syncDirectory', directory);
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
      for (const inode of new Set(survivors.values())) settle(inode, keep);
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
    heal: () => failures.clear(),
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

/** What a crash makes of a file: the synced content, and of each later change only the sectors that are kept. */
function settle(inode: Inode, keep: () => boolean): void {
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
