// Reads the small JSON body of a call to the admin API.
import type { IncomingMessage } from 'node:http';
import { ConnectorError } from '@xiq-siem/core';
import { z } from 'zod';

const maxBytes = 262_144;
const object = z.record(z.string(), z.unknown());

/** An object; an empty body is an empty one. Rejects with `usage`. */
export async function readAdminBody(incoming: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > maxBytes) throw new ConnectorError('usage', `the body is larger than ${maxBytes} bytes`);
    chunks.push(part);
  }
  if (bytes === 0) return {};
  const parsed = object.safeParse(jsonOf(Buffer.concat(chunks).toString('utf8')));
  if (!parsed.success) throw new ConnectorError('usage', 'the body is no JSON object');
  return parsed.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
