// A hash table of slots: finds the rows of columns by what stands in them, in eight bytes a row.

export interface SlotTable {
  /** `slot` must not have been added before. */
  add(slot: number, hash: number): void;
  /** A slot of that hash (unsigned, 32 bits) for which `is` holds, or -1. */
  find(hash: number, is: (slot: number) => boolean): number;
}

/** For slots below `capacity`. */
export function slotTable(capacity: number): SlotTable {
  const mask = 2 ** Math.ceil(Math.log2(capacity)) - 1;
  const first = new Int32Array(mask + 1).fill(-1);
  const next = new Int32Array(capacity);
  return {
    add(slot, hash) {
      next[slot] = first[hash & mask] ?? -1;
      first[hash & mask] = slot;
    },
    find(hash, is) {
      let slot = first[hash & mask] ?? -1;
      while (slot >= 0 && !is(slot)) slot = next[slot] ?? -1;
      return slot;
    },
  };
}

/** Spreads a sequence, and a small number beside it, over 32 bits. */
export function hashOf(sequence: number, beside: number): number {
  let hash = Math.imul((sequence % 0x1_0000_0000) ^ Math.floor(sequence / 0x1_0000_0000), 0x9e37_79b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ beside, 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
