import { describe, expect, it } from 'vitest';
import { advise } from './advice.ts';
import { createAgents, proxyFor, readProxies } from './egress.ts';
import { environmentFaults } from './environment-faults.ts';
import { formatFault } from './faults.ts';
import { checkConfiguration } from './load.ts';
import { noProxyFault } from './no-proxy.ts';
import { testRegistry } from './test-registry.ts';
import { parseYaml } from './yaml-file.ts';

const P = 'http://proxy:3128/';
type Row = readonly [env: Readonly<Record<string, string>>, url: string, expected: string];

/** A row for NO_PROXY beside both proxies. */
const np = (noProxy: string, url: string, expected: 'proxy' | 'direct'): Row => [
  { HTTP_PROXY: P, HTTPS_PROXY: P, NO_PROXY: noProxy },
  url,
  expected === 'proxy' ? P : 'direct',
];

// The rules: `man curl` (ENVIRONMENT, --noproxy) and pkg.go.dev/golang.org/x/net/http/httpproxy. Where they differ, the row
// says which applies.
const rows: readonly Row[] = [
  // Which variable.
  [{}, 'https://siem.example/', 'direct'],
  [{ HTTPS_PROXY: P }, 'https://siem.example/', P],
  [{ HTTPS_PROXY: P }, 'http://siem.example/', 'direct'],
  [{ HTTP_PROXY: P }, 'http://siem.example/', P],
  [{ HTTP_PROXY: P }, 'https://siem.example/', 'direct'],
  [{ http_proxy: P }, 'http://siem.example/', P],
  [{ https_proxy: P }, 'https://siem.example/', P],
  [{ https_proxy: 'http://lower:1', HTTPS_PROXY: P }, 'https://siem.example/', 'http://lower:1/'],
  [{ http_proxy: 'http://lower:1', HTTP_PROXY: P }, 'http://siem.example/', 'http://lower:1/'],
  [{ https_proxy: '', HTTPS_PROXY: P }, 'https://siem.example/', P],
  [{ https_proxy: ' ', HTTPS_PROXY: P }, 'https://siem.example/', P],
  [{ HTTPS_PROXY: P, no_proxy: 'a.example', NO_PROXY: 'siem.example' }, 'https://siem.example/', P],
  [{ HTTPS_PROXY: P, no_proxy: '', NO_PROXY: 'siem.example' }, 'https://siem.example/', 'direct'],
  // As Go: ALL_PROXY is not read.
  [{ ALL_PROXY: P, all_proxy: P }, 'https://siem.example/', 'direct'],
  // The form of the proxy's URL.
  [{ HTTPS_PROXY: 'proxy:3128' }, 'https://siem.example/', P],
  [{ HTTPS_PROXY: 'proxy' }, 'https://siem.example/', 'http://proxy/'],
  [{ HTTPS_PROXY: 'svc:pw@proxy:3128' }, 'https://siem.example/', 'http://svc:pw@proxy:3128/'],
  [{ HTTPS_PROXY: `${P}\n` }, 'https://siem.example/', P],
  [{ HTTPS_PROXY: 'HTTP://Proxy:3128' }, 'https://siem.example/', P],
  [{ HTTPS_PROXY: 'https://proxy:443' }, 'https://siem.example/', 'https://proxy/'],
  [{ HTTPS_PROXY: '[fd00::1]:3128' }, 'https://siem.example/', 'http://[fd00::1]:3128/'],
  // Loopback, as Go.
  [{ HTTP_PROXY: P }, 'http://localhost:9200/', 'direct'],
  [{ HTTP_PROXY: P }, 'http://LOCALHOST/', 'direct'],
  [{ HTTP_PROXY: P }, 'http://127.0.0.1:9200/', 'direct'],
  [{ HTTP_PROXY: P }, 'http://127.8.9.10/', 'direct'],
  [{ HTTP_PROXY: P }, 'http://127.1/', 'direct'],
  [{ HTTPS_PROXY: P }, 'https://[::1]:9200/', 'direct'],
  [{ HTTPS_PROXY: P }, 'https://[::ffff:127.0.0.1]/', 'direct'],
  [{ HTTP_PROXY: P }, 'http://128.0.0.1/', P],
  [{ HTTP_PROXY: P }, 'http://localhost.example/', P],
  // Lists.
  np('a.example,siem.example', 'https://siem.example/', 'direct'),
  np('a.example, siem.example ', 'https://siem.example/', 'direct'),
  // As curl.
  np('a.example siem.example', 'https://siem.example/', 'direct'),
  np('a.example,,\n siem.example,', 'https://siem.example/', 'direct'),
  np(',', 'https://siem.example/', 'proxy'),
  np('*', 'https://siem.example/', 'direct'),
  np('a.example, *', 'https://10.0.0.1/', 'direct'),
  // Domains.
  np('example.com', 'https://example.com/', 'direct'),
  np('example.com', 'https://siem.example.com/', 'direct'),
  np('EXAMPLE.com', 'https://Siem.Example.COM/', 'direct'),
  np('example.com', 'https://badexample.com/', 'proxy'),
  np('example.com', 'https://example.com.evil.net/', 'proxy'),
  np('siem.example.com', 'https://example.com/', 'proxy'),
  np('.example.com', 'https://siem.example.com/', 'direct'),
  // As curl; Go: subdomains only.
  np('.example.com', 'https://example.com/', 'direct'),
  np('.example.com', 'https://badexample.com/', 'proxy'),
  // As Go; curl has no globs.
  np('*.example.com', 'https://siem.example.com/', 'direct'),
  np('*.example.com', 'https://example.com/', 'proxy'),
  np('siem', 'https://siem/', 'direct'),
  // As curl.
  np('example.com', 'https://example.com./', 'direct'),
  np('example.com.', 'https://example.com/', 'direct'),
  // As Go.
  np('bücher.example', 'https://xn--bcher-kva.example/', 'direct'),
  np('my_host.example', 'https://my_host.example/', 'direct'),
  // Ports, as Go.
  np('siem.example:8088', 'https://siem.example:8088/', 'direct'),
  np('siem.example:8088', 'https://siem.example/', 'proxy'),
  np('siem.example:443', 'https://siem.example/', 'direct'),
  np('siem.example:80', 'http://siem.example/', 'direct'),
  np('siem.example:443', 'http://siem.example/', 'proxy'),
  np('example.com:8088', 'https://siem.example.com:8088/', 'direct'),
  np('10.0.0.1:9200', 'https://10.0.0.1:9200/', 'direct'),
  np('10.0.0.1:9200', 'https://10.0.0.1:9201/', 'proxy'),
  np(':8088', 'https://siem.example:8088/', 'proxy'),
  // Addresses.
  np('10.0.0.1', 'https://10.0.0.1/', 'direct'),
  np('10.0.0.1', 'https://10.0.0.10/', 'proxy'),
  np('10.0.0.1', 'https://110.0.0.1/', 'proxy'),
  np('2001:db8::1', 'https://[2001:db8::1]/', 'direct'),
  np('[2001:db8::1]', 'https://[2001:db8::1]:9200/', 'direct'),
  np('[2001:db8::1]:9200', 'https://[2001:db8::1]:9200/', 'direct'),
  np('[2001:db8::1]:9200', 'https://[2001:db8::1]/', 'proxy'),
  np('2001:DB8:0:0::1', 'https://[2001:db8::1]/', 'direct'),
  // CIDR.
  np('localhost,10.0.0.0/8', 'https://10.200.3.4:8088/', 'direct'),
  np('localhost, 10.0.0.0/8', 'https://11.0.0.1/', 'proxy'),
  np('10.1.2.3/8', 'https://10.9.9.9/', 'direct'),
  np('192.168.1.0/25', 'https://192.168.1.127/', 'direct'),
  np('192.168.1.0/25', 'https://192.168.1.128/', 'proxy'),
  np('10.0.0.1/32', 'https://10.0.0.1/', 'direct'),
  np('0.0.0.0/0', 'https://8.8.8.8/', 'direct'),
  np('0.0.0.0/0', 'https://siem.example/', 'proxy'),
  np('2001:db8::/32', 'https://[2001:db8:1::5]/', 'direct'),
  np('2001:db8::/32', 'https://[2001:db9::5]/', 'proxy'),
  np('10.0.0.0/33', 'https://10.0.0.1/', 'proxy'),
  np('10.0.0.0/8', 'https://[::ffff:10.0.0.1]/', 'direct'),
  // No program reads these.
  np('10.*', 'https://10.0.0.1/', 'proxy'),
  np('siem*.example', 'https://siem1.example/', 'proxy'),
  np('https://siem.example', 'https://siem.example/', 'proxy'),
];

it('L16: the table has the size that it claims', () => expect(rows.length).toBeGreaterThanOrEqual(60));

it.each(rows)('L16: %j, %s: %s', (env, url, expected) => {
  const proxies = readProxies({ egress: {}, env }, {});
  if ('message' in proxies) throw new Error(proxies.message);
  expect(proxyFor(proxies, new URL(url))?.href ?? 'direct').toBe(expected);
});

describe('L16: the configuration', () => {
  const env = { HTTPS_PROXY: 'http://env:1', HTTP_PROXY: 'http://env:1', NO_PROXY: 'env.example' };
  it.each([
    [{ proxy: P }, {}, 'https://siem.example/', P],
    [{ proxy: P }, {}, 'https://env.example/', P],
    [{ proxy: P }, {}, 'http://127.0.0.1:9200/', 'direct'],
    [{ proxy: P }, {}, 'http://localhost:9200/', 'direct'],
    [{ proxy: P, noProxy: [] }, {}, 'http://127.0.0.1:9200/', P],
    [{ proxy: P, noProxy: ['10.0.0.0/8'] }, {}, 'https://10.0.0.1/', 'direct'],
    [{ proxy: P, noProxy: ['10.0.0.0/8'] }, {}, 'https://127.0.0.1/', P],
    [{ noProxy: ['siem.example'] }, {}, 'https://siem.example/', 'direct'],
    [{ noProxy: ['siem.example'] }, {}, 'https://env.example/', 'http://env:1/'],
    [{ noProxy: [] }, {}, 'https://127.0.0.1/', 'direct'],
    [{ proxy: P }, { proxy: 'http://own:1' }, 'https://siem.example/', 'http://own:1/'],
    [{ proxy: P, noProxy: ['siem.example'] }, { proxy: 'http://own:1' }, 'https://siem.example/', 'direct'],
    [{ proxy: P, noProxy: ['siem.example'] }, { noProxy: [] }, 'https://siem.example/', P],
    [{ proxy: P }, { noProxy: ['*'] }, 'https://siem.example/', 'direct'],
  ])('%j, of the destination %j, %s: %s', (egress, own, url, expected) => {
    const proxies = readProxies({ egress, env }, own);
    if ('message' in proxies) throw new Error(proxies.message);
    expect(proxyFor(proxies, new URL(url))?.href ?? 'direct').toBe(expected);
  });
});

it.each([
  ['127.*', '127.* matches nothing: * is allowed alone or as *.domain only: use a CIDR block such as 127.0.0.0/8'],
  ['siem*.example', 'siem*.example matches nothing: * is allowed alone or as *.domain only'],
  ['https://siem.example', 'https://siem.example is not a host, an address or a CIDR block'],
  ['10.0.0.0/33', '10.0.0.0/33 is not a host, an address or a CIDR block'],
  ['10.0.0', '10.0.0 is not a host, an address or a CIDR block'],
  ['fe80::1%eth0', 'fe80::1%eth0 is not a host, an address or a CIDR block'],
  [':8088', ':8088 is not a host, an address or a CIDR block'],
])('L16: %s is said to match nothing', (entry, text) => expect(noProxyFault(entry)).toBe(text));

describe('L17: a proxy that cannot be used is a fault without its password', () => {
  it.each([
    ['http://svc:Pr0xy#Secret@proxy:3128', 'not the URL of a proxy'],
    ['svc:Pr0xy#Secret@proxy:3128', 'not the URL of a proxy'],
    ['http://svc:1#Secret@proxy:3128', 'not the URL of a proxy'],
    ['http://svc:1/Secret@proxy:3128', 'not the URL of a proxy'],
    ['http://svc:1?Secret@proxy:3128', 'not the URL of a proxy'],
    ['http://svc:%ZZSecret@proxy:3128', 'not the URL of a proxy'],
    ['http://svc:Se\ncret@proxy:3128', 'not the URL of a proxy'],
    ['http://svc:Secret@', 'not the URL of a proxy'],
    ['http://proxy:3128/path', 'not the URL of a proxy'],
    ['http://proxy:99999', 'not the URL of a proxy'],
    ['socks5://svc:Secret@proxy:1080', 'a proxy of type socks5 is not supported'],
    ['SOCKS5H://proxy:1080', 'a proxy of type socks5h is not supported'],
    ['ftp://proxy', 'a proxy of type ftp is not supported'],
  ])('%j', (text, expected) => {
    for (const env of [{ HTTP_PROXY: text }, { https_proxy: text }]) {
      const [name] = Object.keys(env);
      const error = thrownBy(() => createAgents({ egress: {}, env, resolvePath: (path) => path }));
      expect(error.message).toMatch(new RegExp(`^environment variable ${name}: ${expected}`));
      expect(error).toMatchObject({ exitCode: 78 });
      expect(String(error.stack)).not.toMatch(/Pr0xy|Secret|cret@|3128|1080/);
    }
  });
});

function thrownBy(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

describe('L17: the credentials of a proxy are secrets in every form', () => {
  it.each([
    ['http://svc:Pr0xy%23S@proxy', ['svc:Pr0xy%23S', 'svc:Pr0xy#S', 'c3ZjOlByMHh5I1M=', 'Pr0xy%23S', 'Pr0xy#S']],
    // Alone, such a password would be replaced in many texts.
    ['http://svc:pw@proxy', ['svc:pw', 'c3ZjOnB3']],
    ['http://token-123@proxy', ['token-123:', 'dG9rZW4tMTIzOg==', 'token-123']],
    ['http://proxy', []],
  ])('%s', (proxy, forms) => {
    const { secrets } = createAgents({ egress: { proxy }, env: {}, resolvePath: (path) => path });
    expect(secrets.map((secret) => secret.reveal())).toEqual(forms);
  });
});

describe('a configuration with an entry that matches nothing', () => {
  const check = (yaml: string, env: Readonly<Record<string, string>>) =>
    checkConfiguration(parseYaml('c.yaml', yaml), '/etc/x/c.yaml', '/etc/x', testRegistry, env);

  it('L16: in noProxy it is a fault', async () => {
    const result = await check('egress: { proxy: "http://p:1", noProxy: [ 10.0.0.1, 127.* ] }', {});
    expect(result).toMatchObject({
      ok: false,
      faults: [{ line: 1, field: 'egress.noProxy[1]', message: expect.stringContaining('127.* matches nothing') }],
    });
  });

  it('L16: in NO_PROXY it is advice, unless noProxy replaces the variable', async () => {
    const text = 'environment variable no_proxy: 127.* matches nothing';
    for (const [yaml, expected] of [
      ['{}', [expect.stringContaining(text)]],
      ['egress: { noProxy: [] }', []],
    ] as const) {
      const result = await check(yaml, { no_proxy: '127.*,10.0.0.1' });
      if (!result.ok) throw new Error(JSON.stringify(result.faults));
      expect(
        advise(result.configuration).filter((advice) => advice.includes('NO_PROXY') || advice.includes('no_proxy')),
      ).toEqual(expected);
    }
  });

  it('L17: egressFaults has each fault once, with the place of its key', async () => {
    const own =
      'destinations: { a: { type: file, directory: ./a, caFile: ./gone.pem }, b: { type: file, directory: ./b } }';
    const result = await check(own, { HTTP_PROXY: 'socks4://p' });
    if (!result.ok) throw new Error(JSON.stringify(result.faults));
    expect(
      environmentFaults(result.configuration)
        .map(formatFault)
        .filter((text) => !text.includes('secret')),
    ).toEqual([
      expect.stringMatching(/^\(environment\): HTTP_PROXY: a proxy of type socks4 is not supported/),
      expect.stringMatching(/^c\.yaml:1:\d+: destinations\.a\.caFile: \/etc\/x\/gone\.pem cannot be read \(ENOENT\)/),
    ]);
  });
});
