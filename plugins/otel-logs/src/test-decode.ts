// For tests: decodes OTLP protobuf from the wire format, into the shape of OTLP JSON.

type Field = readonly [number: number, value: bigint | Buffer];
interface Json {
  [key: string]: unknown;
}

function* fieldsOf(bytes: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(64, value);
    }
  };
  const next = (length: number) => {
    if (at + length > bytes.length) throw new Error('truncated message');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = tag >> 3;
    if ((tag & 7) === 0) yield [number, varint()];
    else if ((tag & 7) === 1) yield [number, next(8)];
    else if ((tag & 7) === 2) yield [number, next(Number(varint()))];
    else if ((tag & 7) === 5) yield [number, next(4)];
    else throw new Error(`wire type ${tag & 7}`);
  }
}

type Reader = (value: bigint | Buffer) => unknown;
type Message = Readonly<Record<number, readonly [name: string, read: Reader, repeated?: true]>>;

const bytesOf = (value: bigint | Buffer): Buffer => {
  if (typeof value === 'bigint') throw new Error('expected bytes, found a number');
  return value;
};
const message =
  (shape: () => Message): Reader =>
  (value) => {
    const json: Json = {};
    for (const [number, inner] of fieldsOf(bytesOf(value))) {
      const field = shape()[number];
      if (field === undefined) throw new Error(`field ${number} is unknown`);
      const [name, read, repeated] = field;
      const before = json[name];
      json[name] = repeated ? [...(Array.isArray(before) ? before : []), read(inner)] : read(inner);
    }
    return json;
  };
const text: Reader = (value) => new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(value));
const nanos: Reader = (value) => bytesOf(value).readBigUInt64LE().toString();
const int: Reader = (value) => Number(value);
const int64: Reader = (value) => String(value);
const bool: Reader = (value) => value === 1n;
const double: Reader = (value) => bytesOf(value).readDoubleLE();

const anyValue: Reader = message(() => ({
  1: ['stringValue', text],
  2: ['boolValue', bool],
  3: ['intValue', int64],
  4: ['doubleValue', double],
  5: ['arrayValue', message(() => ({ 1: ['values', anyValue, true] }))],
  6: ['kvlistValue', message(() => ({ 1: ['values', keyValue, true] }))],
}));
const keyValue: Reader = message(() => ({ 1: ['key', text], 2: ['value', anyValue] }));
const logRecord = message(() => ({
  1: ['timeUnixNano', nanos],
  2: ['severityNumber', int],
  3: ['severityText', text],
  5: ['body', anyValue],
  6: ['attributes', keyValue, true],
  11: ['observedTimeUnixNano', nanos],
  12: ['eventName', text],
}));
const scope = message(() => ({ 1: ['name', text], 2: ['version', text] }));
const scopeLogs = message(() => ({ 1: ['scope', scope], 2: ['logRecords', logRecord, true] }));
const resource = message(() => ({ 1: ['attributes', keyValue, true] }));
const resourceLogs = message(() => ({ 1: ['resource', resource], 2: ['scopeLogs', scopeLogs, true] }));
const exportRequest = message(() => ({ 1: ['resourceLogs', resourceLogs, true] }));

/** Decodes an ExportLogsServiceRequest. Throws on anything else, and on a field that the plugin never sends. */
export function decodeExportRequest(bytes: Uint8Array): unknown {
  return exportRequest(Buffer.from(bytes));
}
