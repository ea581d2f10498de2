import { expect, it } from 'vitest';
import { advise } from './advice.ts';
import { checkConfiguration } from './load.ts';
import { testRegistry as registry } from './test-registry.ts';
import { parseYaml } from './yaml-file.ts';

async function adviceOn(sources: string): Promise<readonly string[]> {
  const yaml = parseYaml('c.yaml', `sources:\n${sources}`);
  const result = await checkConfiguration(yaml, '/etc/x/c.yaml', '/etc/x', registry, process.env);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return advise(result.configuration);
}

const source = (name: string, publicUrl: string): string =>
  `  ${name}: { type: xiq, api: { token: { env: T } }, subscriptions: { application: siem, publicUrl: '${publicUrl}' } }\n`;

it('a source without configured subscriptions is advised to use a URL for each message type', async () => {
  expect(await adviceOn('  xiq: { type: xiq }\n')).toEqual([expect.stringContaining('/webhooks/xiq/<MESSAGE_TYPE>')]);
  expect(await adviceOn(source('xiq', 'https://hooks.example/webhooks/xiq'))).toEqual([]);
});

it('a public URL that ends in the name of another source is advised against', async () => {
  expect(await adviceOn(source('xiq', 'https://hooks.example/siem/webhooks/other'))).toEqual([
    'sources.xiq.subscriptions.publicUrl ends in /webhooks/other, but this source receives webhooks at /webhooks/xiq: ' +
      'use this path, unless a proxy changes it',
  ]);
});
