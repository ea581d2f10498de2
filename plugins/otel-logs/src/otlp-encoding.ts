// Encodes requests and decodes responses of OTLP over HTTP, in Protobuf and JSON.
import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { parseJson } from '@xiq-siem/core';
import { z } from 'zod';

export type Protocol = 'http/protobuf' | 'http/json';
export type LogRecord = Parameters<typeof ProtobufLogsSerializer.serializeRequest>[0][number];

/** The response to an accepted request. */
export interface ExportResponse {
  readonly rejected: number;
  readonly message: string;
}

export const contentTypes = { 'http/protobuf': 'application/x-protobuf', 'http/json': 'application/json' } as const;

/** An export request. Without records it is empty. */
export function encodeRequest(protocol: Protocol, records: readonly LogRecord[]): Uint8Array {
  const serializer = protocol === 'http/json' ? JsonLogsSerializer : ProtobufLogsSerializer;
  return serializer.serializeRequest([...records]) ?? new Uint8Array();
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
