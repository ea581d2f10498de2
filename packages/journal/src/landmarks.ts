// Borders of records within a segment, remembered so that a reader in the midst of it need not begin at its head.

export interface Landmark {
  /** Of the record that begins there. */
  readonly sequence: number;
  readonly offset: number;
}

export interface Landmarks {
  /** Of a whole record; kept where it is far enough behind the last one. */
  note(sequence: number, offset: number): void;
  /** The last one at or before a sequence. */
  before(sequence: number): Landmark | undefined;
}

/** What is read in vain at most; of a journal of 10 GiB some 40,000 are kept. */
const apartBytes = 256 * 1024;

export function createLandmarks(headOffset: number): Landmarks {
  const marks: Landmark[] = [];
  return {
    note(sequence, offset) {
      const last = marks.at(-1);
      if (offset - (last?.offset ?? headOffset) < apartBytes || sequence <= (last?.sequence ?? -1)) return;
      marks.push({ sequence, offset });
    },
    before: (sequence) => marks.findLast((mark) => mark.sequence <= sequence),
  };
}
