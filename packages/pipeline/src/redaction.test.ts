// A destination with `redact` gets no redacted value, whatever field of whatever event has it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fieldDefinitionsOf } from '@xiq-siem/config';
import { valuesAt } from '@xiq-siem/core';
import { createRedaction } from '@xiq-siem/delivery';
import { selfSource } from '@xiq-siem/health-events';
import { createRecordingLogger, createRecordingMeter } from '@xiq-siem/testkit';
import { xiqSource } from '@xiq-siem/xiq';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { audit, destinations, openPipelineFixture, until } from './test-pipeline.ts';

const source = xiqSource.create(xiqSource.configSchema.parse({}), {
  name: 'xiq',
  agent: { id: 'agent', name: 'test', version: '1' },
  log: createRecordingLogger(),
  meter: createRecordingMeter(),
});

const text = fc.string({ unit: 'grapheme-ascii', minLength: 6, maxLength: 20 }).filter((one) => /^\S.*\S$/.test(one));
const name = fc.oneof(
  text,
  text.map((one) => `CORP\\${one}`),
  fc.emailAddress(),
);
const hexPair = fc.integer({ min: 0x10, max: 0xff }).map((pair) => pair.toString(16));
const mac = fc
  .tuple(fc.array(hexPair, { minLength: 6, maxLength: 6 }), fc.constantFrom('', ':', '-'), fc.boolean())
  .map(([pairs, separator, isUpper]) => (isUpper ? pairs.join(separator).toUpperCase() : pairs.join(separator)));

/** Elements that have a name, a hardware address and an address in several fields and spellings, known and unknown ones. */
const elements = fc.tuple(name, mac, fc.ipV4(), fc.boolean()).map(([user, address, ip, isUpper]) => {
  const spelled = isUpper ? user.toUpperCase() : user;
  const unknown = {
    note: `${spelled} at ${ip}`,
    [`by ${user}`]: [address.toLowerCase(), { deep: spelled }],
    ip,
    json: JSON.stringify({ user }),
  };
  return {
    AUDIT_LOG_ALL: audit(1, {
      username: user,
      description: `Logged out ${spelled}`,
      parameters: JSON.stringify([user, address]),
      ...unknown,
    }),
    AUTH_LOG_ALL: {
      userName: user,
      callingStationId: address,
      reply: 'Access-Reject',
      rejectReason: `no ${spelled}`,
      ...unknown,
    },
    ACCOUNTING_LOG_ALL: {
      userName: user,
      callingStationId: address,
      framedIpAddress: ip,
      acctSessionId: spelled,
      ...unknown,
    },
    GDPR_LOG: { admin: user, mac: address, description: `${address} of ${spelled}`, ...unknown },
    LOCATION_AP_CENTRIC: { apMac: address, observations: [{ clientMac: address, ipv4: ip, ...unknown }], ...unknown },
    SENSOR_LOG: { userName: user, ...unknown },
  };
});

const redactable = ['user.name', 'user.id', 'user.target.name', 'client.mac', 'source.ip', 'client.ip', 'observer.mac'];

test.each(['drop', 'hash', 'mask'] as const)('no redacted value reaches a destination: %s', (way) => {
  const fields = way === 'mask' ? redactable.filter((field) => !field.endsWith('.ip')) : redactable;
  const redact = createRedaction({ [way]: fields }, fieldDefinitionsOf({ self: selfSource, sources: [xiqSource] }));
  let values = 0;
  fc.assert(
    fc.property(elements, (byType) => {
      for (const [messageType, element] of Object.entries(byType)) {
        const metadata = { source: 'xiq', origin: 'webhook', messageType, receivedAtMs: Date.UTC(2026, 0, 1) } as const;
        const body = { sequence: 1, receipt: 'r1', metadata, bytes: Buffer.from(JSON.stringify(element)) };
        for (const { document } of source.normalize(body, metadata.receivedAtMs)) {
          const shown = redact(JSON.stringify(document), 'a key of the operator');
          const texts: string[] = [];
          JSON.parse(shown, (key, value: unknown) => texts.push(key, typeof value === 'object' ? '' : String(value)));
          const plain = (one: string): string => one.toLowerCase();
          for (const value of fields.flatMap((field) => valuesAt(document, field).map(String))) {
            values++;
            if (value.length < 6) continue;
            expect(texts.filter((one) => plain(one).includes(plain(value)))).toEqual([]);
            const digits = value.replace(/[:.-]/g, '').toLowerCase();
            if (/^[0-9a-f]{12}$/.test(digits))
              expect(
                texts
                  .map((one) => one.replace(/[:.-]/g, ''))
                  .join(' ')
                  .toLowerCase(),
              ).not.toContain(digits);
          }
        }
      }
    }),
  );
  expect(values).toBeGreaterThan(500);
});

const secretOf = (fixture: { readonly directory: string }): string => join(fixture.directory, 'redact-key');

test('one destination gets pseudonyms, another one whole documents; dead letters are whole, and redacted when they are sent', async () => {
  const rules = { hash: ['user.name'], key: { file: './redact-key' } };
  const { whole, hashed } = destinations('whole', 'hashed');
  await using fixture = await openPipelineFixture({ whole: whole ?? {} });
  await writeFile(secretOf(fixture), 'a key of the operator');
  await fixture.pipeline.apply(await fixture.configure({ whole: whole ?? {}, hashed: { ...hashed, redact: rules } }));
  const siem = fixture.siem('hashed');
  siem.response = ({ items }) => ({ items: items.map(({ index }) => ({ index, verdict: 'rejected', code: 'bad' })) });
  await fixture.keep([audit(1)]);
  await until(() => fixture.siem('whole').received.length === 1);
  expect(fixture.siem('whole').received[0]).toContain('a@example.com');
  await until(() => siem.opened > 0 && fixture.pipeline.delivery.status().some(({ state }) => state === 'paused'));
  siem.response = undefined;
  fixture.pipeline.delivery.resume('hashed');
  await until(() => siem.received.length === 1);
  expect(siem.received[0]).not.toContain('a@example.com');
  expect(siem.received[0]).toContain('h1_');
});

test.each([undefined, 'short'])('nothing is sent if the key is %s', async (key) => {
  const rules = { hash: ['user.name'], key: { file: './redact-key' } };
  await using fixture = await openPipelineFixture({ hashed: { ...destinations('hashed')['hashed'], redact: rules } });
  if (key !== undefined) await writeFile(secretOf(fixture), key);
  await fixture.keep([audit(1)]);
  const status = () => fixture.pipeline.delivery.status()[0];
  await until(() => status()?.state === 'paused');
  expect(status()).toMatchObject({ reason: 'redaction_key_missing', pluginFaults: 0 });
  expect(fixture.siem('hashed').received).toEqual([]);
  await writeFile(secretOf(fixture), 'a key of the operator');
  await until(() => {
    fixture.pipeline.delivery.resume('hashed');
    return fixture.siem('hashed').received.length === 1;
  });
});
