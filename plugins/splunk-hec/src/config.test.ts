import { expect, it } from 'vitest';
import { splunkHecConfig } from './config.ts';

const least = { url: 'https://splunk.example:8088', token: { env: 'SPLUNK_HEC_TOKEN' } };

it('has defaults that serve', () => {
  expect(splunkHecConfig.parse(least)).toEqual({
    url: 'https://splunk.example:8088',
    token: { env: 'SPLUNK_HEC_TOKEN', optional: false },
    datasets: {},
    include: [],
    gzip: true,
    maxBodyBytes: 1_000_000,
    requestTimeoutMs: 30_000,
    ack: false,
    ackPollMs: 5_000,
    ackTimeoutMs: 50_000,
    verifyTls: true,
  });
});

it.each([
  [{ token: least.token }, 'url'],
  [{ ...least, url: 'splunk.example' }, 'url'],
  [{ ...least, url: 'https://user:secret@splunk.example' }, 'url'],
  [{ ...least, url: 'https://splunk.example/?token=secret' }, 'url'],
  [{ ...least, token: 'inline' }, 'token'],
  [{ ...least, index: 'Not An Index' }, 'index'],
  [{ ...least, include: ['message'] }, 'include.0'],
  [{ ...least, datasets: { 'extreme_xiq.auth': { index: '' } } }, 'datasets.extreme_xiq.auth.index'],
])('refuses %j and names the field', (config, field) => {
  expect(splunkHecConfig.safeParse(config).error?.issues.map(({ path }) => path.join('.'))).toEqual([field]);
});
