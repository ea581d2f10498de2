import { type Configuration, checkConfiguration, parseYaml } from '@xiq-siem/config';
import { testRegistry as registry } from '@xiq-siem/config/test-registry';
import { createRecordingLogger, createRecordingMeter } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import { currentAccounts } from './xiq-account.ts';

async function configured(sources: string, more = ''): Promise<Configuration> {
  const yaml = parseYaml('c.yaml', `sources:\n${sources}\n${more}`);
  const result = await checkConfiguration(yaml, '/etc/x/c.yaml', '/etc/x', registry, {});
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.configuration;
}

const source = (name: string, token = 'T'): string => `  ${name}: { type: xiq, api: { token: { env: ${token} } } }`;
const log = createRecordingLogger();
const services = { log, meter: createRecordingMeter() };

it('an account stays the same until its configuration changes', async () => {
  let configuration = await configured(`${source('one')}\n${source('two')}\n  three: { type: xiq }`);
  const accounts = currentAccounts(() => configuration, services);
  const before = accounts();
  expect([...before.keys()]).toEqual(['one', 'two']);
  expect(accounts()).toBe(before);

  configuration = await configured(
    `${source('one')}\n${source('two', 'OTHER')}\n${source('three')}`,
    'healthEvents: {}',
  );
  const after = accounts();
  expect([...after.keys()]).toEqual(['one', 'two', 'three']);
  expect(after.get('one')).toBe(before.get('one'));
  expect(after.get('two')).not.toBe(before.get('two'));

  configuration = await configured(source('one'), 'egress: { proxy: "http://proxy.example:3128" }');
  expect(accounts().get('one')).not.toBe(before.get('one'));
  expect([...accounts().keys()]).toEqual(['one']);
});

it('an account that cannot be opened after a reload is logged, and the old account stays', async () => {
  let configuration = await configured(source('one'));
  const accounts = currentAccounts(() => configuration, services);
  const before = accounts();
  configuration = await configured(source('one'), 'egress: { caFile: ./not-there.pem }');
  expect(accounts()).toBe(before);
  expect(accounts()).toBe(before);
  expect(log.of('xiq_api.open_failed')).toHaveLength(1);
  expect(() => currentAccounts(() => configuration, services)).toThrow('not-there.pem');
});
