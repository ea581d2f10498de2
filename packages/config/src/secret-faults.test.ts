import { expect, it } from 'vitest';
import { formatFault } from './faults.ts';
import { checkConfiguration } from './load.ts';
import { secretFaults } from './secrets.ts';
import { testRegistry as registry } from './test-registry.ts';
import { parseYaml } from './yaml-file.ts';

async function faultsOf(yaml: string): Promise<readonly string[]> {
  const result = await checkConfiguration(parseYaml('c.yaml', yaml), '/etc/x/c.yaml', '/etc/x', registry, process.env);
  if (!result.ok) throw new Error(result.faults.map(formatFault).join('\n'));
  return secretFaults(result.configuration).map(formatFault);
}

const source = (secrets: string): string => `sources: { xiq: { type: xiq, secrets: [ ${secrets} ] } }`;
const unset = 'the environment variable NOT_SET_ANYWHERE is not set: set it, or use another one';

it.each<[string, string, string[]]>([
  ['an existing secret', source('{ env: PATH }'), []],
  ['the managed default', 'sources: { xiq: { type: xiq } }', []],
  ['a missing optional one beside an existing one', source('{ env: PATH }, { file: ./no, optional: true }'), []],
  ['a missing one', source('{ env: NOT_SET_ANYWHERE }'), [`c.yaml:1:41: sources.xiq.secrets[0]: ${unset}`]],
  [
    'only missing optional ones',
    source('{ env: NOT_SET_ANYWHERE, optional: true }'),
    [
      'c.yaml:1:30: sources.xiq.secrets: none of the secrets exists, so every webhook would be refused: provide at least one',
    ],
  ],
  [
    "a destination's",
    'destinations:\n  s: { type: splunk-hec, url: https://s.example, token: { env: NOT_SET_ANYWHERE } }',
    [`c.yaml:2:50: destinations.s.token: ${unset}`],
  ],
  [
    'a missing file',
    'destinations:\n  s: { type: splunk-hec, url: https://s.example, token: { file: ./no } }',
    [
      'c.yaml:2:50: destinations.s.token: the file cannot be read (ENOENT): expected a file whose first line is the secret',
    ],
  ],
])('%s', async (_what, yaml, faults) => expect(await faultsOf(yaml)).toEqual(faults));
