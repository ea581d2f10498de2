// For tests: a server that receives OTLP metrics and parses the protobuf wire format itself.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';

type Field = readonly [number: number, value: number | Buffer];

function* fieldsOf(bytes: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes.readUInt8(at++);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const take = (length: number) => {
    if (at + length > bytes.length) throw new Error('cut off');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const type = tag & 7;
    if (type !== 0 && type !== 1 && type !== 2) throw new Error(`wire type ${type}`);
    yield [tag >> 3, type === 0 ? varint() : take(type === 1 ? 8 : varint())];
  }
}

const bytesOf = (value: number | Buffer | undefined): Buffer => (value instanceof Buffer ? value : Buffer.alloc(0));
const textOf = (value: number | Buffer | undefined): string => bytesOf(value).toString();
const all = (bytes: Buffer, number: number): Buffer[] =>
  [...fieldsOf(bytes)].filter(([field]) => field === number).map(([, value]) => bytesOf(value));
const first = (bytes: Buffer, number: number) => [...fieldsOf(bytes)].find(([field]) => field === number)?.[1];

const attributesOf = (bytes: Buffer, number: number): Record<string, string> =>
  Object.fromEntries(
    all(bytes, number).map((pair) => [textOf(first(pair, 1)), textOf(first(bytesOf(first(pair, 2)), 1))]),
  );

const pointOf = (bytes: Buffer) => ({
  attributes: attributesOf(bytes, 7),
  value: bytesOf(first(bytes, 4)).readDoubleLE(),
  lastsMs: Number(bytesOf(first(bytes, 3)).readBigUInt64LE() - bytesOf(first(bytes, 2)).readBigUInt64LE()) / 1e6,
});

function metricOf(bytes: Buffer) {
  const sum = first(bytes, 7);
  const what = bytesOf(sum ?? first(bytes, 5));
  return {
    name: textOf(first(bytes, 1)),
    description: textOf(first(bytes, 2)),
    unit: textOf(first(bytes, 3)),
    kind: sum === undefined ? 'gauge' : 'sum',
    // 2 is cumulative.
    ...(sum === undefined ? {} : { temporality: first(what, 2), monotonic: first(what, 3) === 1 }),
    points: all(what, 1).map(pointOf),
  };
}

function requestOf(bytes: Buffer) {
  const resourceMetrics = all(bytes, 1);
  return {
    resource: Object.assign({}, ...resourceMetrics.map((one) => attributesOf(bytesOf(first(one, 1)), 1))),
    metrics: resourceMetrics
      .flatMap((one) => all(one, 2))
      .flatMap((scope) => all(scope, 2))
      .map(metricOf),
  };
}

export interface OtlpRequest {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly content: ReturnType<typeof requestOf>;
}

/** Responds with `status`, which may change, or never where it is 0. */
export async function otlpServer() {
  const requests: OtlpRequest[] = [];
  const answering = { status: 200 };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const content = requestOf(await buffer(request));
    requests.push({ path: request.url, headers: request.headers, content });
    if (answering.status !== 0) response.writeHead(answering.status).end();
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((cause: unknown) => response.writeHead(599).end(String(cause)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = z.object({ port: z.int() }).parse(server.address());
  return {
    url: new URL(`http://127.0.0.1:${port}/v1/metrics`),
    requests,
    response: answering,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
