import { type Configuration, checkConfiguration, parseYaml } from '@xiq-siem/config';
import { testRegistry as registry } from '@xiq-siem/config/test-registry';
import { createRecordingLogger, createRecordingMeter } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import { currentClouds } from './cloud.ts';

async function configured(sources: string, more = ''): Promise<Configuration> {
  const yaml = parseYaml('c.yaml', `sources:\n${sources}\n${more}`);
  const result = await checkConfiguration(yaml, '/etc/x/c.yaml', '/etc/x', registry, {});
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.configuration;
}

const source = (name: string, token = 'T'): string => `  ${name}: { type: xiq, api: { token: { env: ${token} } } }`;
const log = createRecordingLogger();
const services = { log, meter: createRecordingMeter() };

it('a cloud stays the same until what it is made of changes', async () => {
  let configuration = await configured(`${source('one')}\n${source('two')}\n  three: { type: xiq }`);
  const clouds = currentClouds(() => configuration, services);
  const before = clouds();
  expect([...before.keys()]).toEqual(['one', 'two']);
  expect(clouds()).toBe(before);

  configuration = await configured(
    `${source('one')}\n${source('two', 'OTHER')}\n${source('three')}`,
    'healthEvents: {}',
  );
  const after = clouds();
  expect([...after.keys()]).toEqual(['one', 'two', 'three']);
  expect(after.get('one')).toBe(before.get('one'));
  expect(after.get('two')).not.toBe(before.get('two'));

  configuration = await configured(source('one'), 'egress: { proxy: "http://proxy.example:3128" }');
  expect(clouds().get('one')).not.toBe(before.get('one'));
  expect([...clouds().keys()]).toEqual(['one']);
});

it('what cannot be opened after a reload is said, and what was open stays', async () => {
  let configuration = await configured(source('one'));
  const clouds = currentClouds(() => configuration, services);
  const before = clouds();
  configuration = await configured(source('one'), 'egress: { caFile: ./not-there.pem }');
  expect(clouds()).toBe(before);
  expect(clouds()).toBe(before);
  expect(log.of('xiq_api.not_opened')).toHaveLength(1);
  expect(() => currentClouds(() => configuration, services)).toThrow('not-there.pem');
});
