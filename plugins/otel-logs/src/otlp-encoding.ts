// Encodes requests and decodes responses of OTLP over HTTP, in Protobuf and JSON.
import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { parseJson } from '@xiq-siem/core';
import { z } from 'zod';
import { ProtobufWriter } from './protobuf.ts';

export type Protocol = 'http/protobuf' | 'http/json';

/** The types below have the shape of OTLP JSON. Integers of 64 bits are text. */
export type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } };

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

export interface LogRecord {
  readonly timeUnixNano: string;
  readonly observedTimeUnixNano: string;
  readonly severityNumber?: number;
  readonly severityText?: string;
  readonly body?: AnyValue;
  readonly eventName: string;
  readonly attributes: readonly KeyValue[];
}

/** What sent a record. All records of one origin share one object. */
export interface Origin {
  readonly resource: { readonly attributes: readonly KeyValue[] };
  readonly scope: { readonly name: string; readonly version?: string };
}

export interface SentRecord {
  readonly origin: Origin;
  readonly record: LogRecord;
}

/** The response to an accepted request. */
export interface ExportResponse {
  readonly rejected: number;
  readonly message: string;
}

export const contentTypes = { 'http/protobuf': 'application/x-protobuf', 'http/json': 'application/json' } as const;

/**
 * An export request. Without records it is empty. The serializers of `@opentelemetry/otlp-transformer` are not used: they
 * send a double without a fraction as an integer, so one attribute would have two types.
 */
export function encodeRequest(protocol: Protocol, sent: readonly SentRecord[]): Uint8Array {
  const groups = [...Map.groupBy(sent, ({ origin }) => origin)];
  if (protocol === 'http/json') {
    const resourceLogs = groups.map(([{ resource, scope }, records]) => ({
      resource,
      scopeLogs: [{ scope, logRecords: records.map(({ record }) => record) }],
    }));
    return Buffer.from(JSON.stringify({ resourceLogs }));
  }
  const writer = new ProtobufWriter();
  for (const [{ resource, scope }, records] of groups) {
    const resourceLogs = writer.beginMessage(1);
    const resourceStart = writer.beginMessage(1);
    for (const attribute of resource.attributes) writeKeyValue(writer, 1, attribute);
    writer.endMessage(resourceStart);
    const scopeLogs = writer.beginMessage(2);
    const scopeStart = writer.beginMessage(1);
    writer.writeText(1, scope.name);
    if (scope.version !== undefined) writer.writeText(2, scope.version);
    writer.endMessage(scopeStart);
    for (const { record } of records) writeRecord(writer, 2, record);
    writer.endMessage(scopeLogs);
    writer.endMessage(resourceLogs);
  }
  return writer.writtenBytes();
}

function writeRecord(writer: ProtobufWriter, field: number, record: LogRecord): void {
  const start = writer.beginMessage(field);
  writer.writeFixed64(1, BigInt(record.timeUnixNano));
  if (record.severityNumber !== undefined) writer.writeInteger(2, record.severityNumber);
  if (record.severityText !== undefined) writer.writeText(3, record.severityText);
  if (record.body !== undefined) writeValue(writer, 5, record.body);
  for (const attribute of record.attributes) writeKeyValue(writer, 6, attribute);
  writer.writeFixed64(11, BigInt(record.observedTimeUnixNano));
  writer.writeText(12, record.eventName);
  writer.endMessage(start);
}

function writeKeyValue(writer: ProtobufWriter, field: number, { key, value }: KeyValue): void {
  const start = writer.beginMessage(field);
  writer.writeText(1, key);
  writeValue(writer, 2, value);
  writer.endMessage(start);
}

function writeValue(writer: ProtobufWriter, field: number, value: AnyValue): void {
  const start = writer.beginMessage(field);
  if ('stringValue' in value) writer.writeText(1, value.stringValue);
  else if ('boolValue' in value) writer.writeInteger(2, Number(value.boolValue));
  else if ('intValue' in value) writer.writeInt64(3, BigInt(value.intValue));
  else if ('doubleValue' in value) writer.writeDouble(4, value.doubleValue);
  else {
    const array = writer.beginMessage(5);
    for (const one of value.arrayValue.values) writeValue(writer, 1, one);
    writer.endMessage(array);
  }
  writer.endMessage(start);
}

const count = z.union([z.int(), z.string().regex(/^-?\d{1,19}$/)]).transform(Number);
const exportResponseJson = z.object({
  partialSuccess: z.object({ rejectedLogRecords: count.nullish(), errorMessage: z.string().nullish() }).nullish(),
});
const statusJson = z.object({ message: z.string() });

/**
 * Undefined if the body is not OTLP, such as the login page of a proxy. Some servers send no body, or JSON under another
 * content type.
 */
export function decodeResponse(contentType: string, body: Buffer): ExportResponse | undefined {
  const type = mediaType(contentType);
  if (type === 'text/html') return undefined;
  if (body.length === 0) return { rejected: 0, message: '' };
  if (type === contentTypes['http/protobuf']) return decodeProtobuf(body);
  const read = exportResponseJson.safeParse(parseJson(body.toString('utf8')));
  if (!read.success) return undefined;
  const { rejectedLogRecords, errorMessage } = read.data.partialSuccess ?? {};
  return { rejected: rejectedLogRecords ?? 0, message: errorMessage ?? '' };
}

/** The message of an error response: `Status.message`, or the body text if it is no `Status`. */
export function decodeStatus(contentType: string, body: Buffer): string {
  const type = mediaType(contentType);
  if (type === contentTypes['http/protobuf']) {
    // Status { int32 code = 1; string message = 2 } has the wire format of a partial success, field 1 of a response.
    const wrapped = Buffer.concat([Buffer.from([0x0a]), varint(body.length), body]);
    return decodeProtobuf(wrapped)?.message ?? '';
  }
  const status =
    type === contentTypes['http/json'] ? statusJson.safeParse(parseJson(body.toString('utf8'))).data : undefined;
  return status?.message ?? body.toString('utf8');
}

function decodeProtobuf(body: Buffer): ExportResponse | undefined {
  try {
    const { rejectedLogRecords = 0, errorMessage = '' } =
      ProtobufLogsSerializer.deserializeResponse(body).partialSuccess ?? {};
    return { rejected: rejectedLogRecords, message: errorMessage };
  } catch {
    return undefined;
  }
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

function mediaType(contentType: string): string {
  return contentType.split(';', 1).join('').trim().toLowerCase();
}
