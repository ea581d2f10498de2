import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { codeOf, createPublicUrlPorts, isUnknownName } from './ports.ts';
import { startTcp } from './test-listeners.ts';

type Answer = 'unknown' | 'failing' | 'silent' | readonly number[];
const responseCodes = { unknown: 3, failing: 2 } as const;
const [typeA, typeAaaa] = [1, 28];

/** Starts a name server on loopback with these responses by query type, and returns ports that use it. */
async function startNameServer(responses: Readonly<Record<number, Answer>>) {
  const server = createSocket('udp4');
  server.on('message', (query, { port, address }) => {
    const question = query.subarray(12, query.indexOf(0, 12) + 5);
    const type = question.readUInt16BE(question.length - 4);
    const response = responses[type] ?? 'unknown';
    if (response === 'silent') return;
    const data = typeof response === 'string' ? [] : response;
    const code = typeof response === 'string' ? responseCodes[response] : 0;
    const head = Buffer.from([
      query[0] ?? 0,
      query[1] ?? 0,
      0x81,
      0x80 | code,
      0,
      1,
      0,
      data.length > 0 ? 1 : 0,
      0,
      0,
      0,
      0,
    ]);
    const record = [0xc0, 0x0c, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length, ...data];
    server.send(Buffer.concat([head, question, Buffer.from(data.length > 0 ? record : [])]), port, address);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return createPublicUrlPorts([`127.0.0.1:${server.address().port}`]);
}

const noSignal = new AbortController().signal;
const ip4 = [203, 0, 113, 7];
const ip6 = [0x20, 0x01, 0x0d, 0xb8, ...Array.from({ length: 11 }, () => 0), 1];

it.each([
  ['both families', { [typeA]: ip4, [typeAaaa]: ip6 }, ['203.0.113.7', '2001:db8::1']],
  ['one family, if the name has no other', { [typeA]: ip4, [typeAaaa]: [] }, ['203.0.113.7']],
  ['one family, if the query for the other fails', { [typeA]: 'failing', [typeAaaa]: ip6 }, ['2001:db8::1']],
] as const)('resolves the addresses of %s', async (_case, responses, addresses) => {
  const ports = await startNameServer(responses);
  expect(await ports.resolve('hooks.example', noSignal)).toEqual(addresses);
});

it.each([
  ['does not exist', { [typeA]: 'unknown', [typeAaaa]: 'unknown' }, true],
  ['has no address', { [typeA]: [], [typeAaaa]: [] }, true],
  ['may have an address', { [typeA]: 'unknown', [typeAaaa]: 'failing' }, false],
] as const)('detects whether a name %s', async (_case, responses, isUnknown) => {
  const ports = await startNameServer(responses);
  const fault = await ports.resolve('hooks.example', noSignal).catch((error: unknown) => error);
  expect(codeOf(fault)).not.toBe('no response');
  expect(isUnknownName(fault)).toBe(isUnknown);
});

it('stops the query when the signal fires', async () => {
  const ports = await startNameServer({ [typeA]: 'silent', [typeAaaa]: 'silent' });
  await expect(ports.resolve('hooks.example', AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'TimeoutError' });
});

it('connects, or rejects with the reason', async () => {
  const { connect } = createPublicUrlPorts();
  const port = await startTcp(onTestFinished);
  const socket = await connect('127.0.0.1', port, noSignal);
  expect(socket.remotePort).toBe(port);
  socket.destroy();
  const fault = await connect('127.0.0.1', 1, noSignal).catch((error: unknown) => error);
  expect(codeOf(fault)).toBe('ECONNREFUSED');
  const aborted = await connect('127.0.0.1', port, AbortSignal.abort()).catch((error: unknown) => error);
  expect(codeOf(aborted)).toBe('timeout');
});
