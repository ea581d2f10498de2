// Writes the wire format of protocol buffers, as far as OTLP needs it.

/** Writes one message. A nested message is between `beginMessage` and `endMessage`. */
export class ProtobufWriter {
  #buffer = Buffer.allocUnsafe(65_536);
  #at = 0;

  /** Returns the start of the message, for `endMessage`. */
  beginMessage(field: number): number {
    this.#varint((field << 3) | 2);
    // The length mostly fits in one byte. `endMessage` makes space for a longer one.
    this.#reserve(1);
    return ++this.#at;
  }

  endMessage(start: number): void {
    const length = this.#at - start;
    if (length < 128) {
      this.#buffer[start - 1] = length;
      return;
    }
    const moved = length < 1 << 14 ? 1 : length < 1 << 21 ? 2 : length < 1 << 28 ? 3 : 4;
    this.#reserve(moved);
    this.#buffer.copyWithin(start + moved, start, this.#at);
    this.#at = start - 1;
    this.#varint(length);
    this.#at += length;
  }

  writeText(field: number, value: string): void {
    const start = this.beginMessage(field);
    this.#reserve(value.length * 3);
    this.#at += this.#buffer.write(value, start);
    this.endMessage(start);
  }

  /** Not negative, and below 2 ** 32. */
  writeInteger(field: number, value: number): void {
    this.#varint(field << 3);
    this.#varint(value);
  }

  writeInt64(field: number, value: bigint): void {
    this.#varint(field << 3);
    this.#reserve(10);
    let rest = BigInt.asUintN(64, value);
    for (; rest > 127n; rest >>= 7n) this.#buffer[this.#at++] = Number(rest & 127n) | 128;
    this.#buffer[this.#at++] = Number(rest);
  }

  writeDouble(field: number, value: number): void {
    this.#varint((field << 3) | 1);
    this.#reserve(8);
    this.#at = this.#buffer.writeDoubleLE(value, this.#at);
  }

  writeFixed64(field: number, value: bigint): void {
    this.#varint((field << 3) | 1);
    this.#reserve(8);
    this.#at = this.#buffer.writeBigUInt64LE(value, this.#at);
  }

  writtenBytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#at);
  }

  #varint(value: number): void {
    this.#reserve(5);
    let rest = value;
    for (; rest > 127; rest >>>= 7) this.#buffer[this.#at++] = (rest & 127) | 128;
    this.#buffer[this.#at++] = rest;
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}
