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

it('a source that is subscribed by hand is advised to have a URL for each message type, one with subscriptions is not', async () => {
  expect(await adviceOn('  xiq: { type: xiq }\n')).toEqual([expect.stringContaining('/webhooks/xiq/<MESSAGE_TYPE>')]);
  expect(await adviceOn(source('xiq', 'https://hooks.example/webhooks/xiq'))).toEqual([]);
});

it('a public URL that ends in the name of another source is said', async () => {
  expect(await adviceOn(source('xiq', 'https://hooks.example/siem/webhooks/other'))).toEqual([
    'sources.xiq.subscriptions.publicUrl ends in /webhooks/other, and this source takes webhooks at /webhooks/xiq: ' +
      "they are refused, or kept as another source's, unless a proxy before us changes the path",
  ]);
});
