import { expect, it } from 'vitest';
import { splunkHecConfig } from './config.ts';

const minimal = { url: 'https://splunk.example:8088', token: { env: 'SPLUNK_HEC_TOKEN' } };

it('has defaults', () => {
  expect(splunkHecConfig.parse(minimal)).toEqual({
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
  [{ token: minimal.token }, 'url'],
  [{ ...minimal, url: 'splunk.example' }, 'url'],
  [{ ...minimal, url: 'https://user:secret@splunk.example' }, 'url'],
  [{ ...minimal, url: 'https://splunk.example/?token=secret' }, 'url'],
  [{ ...minimal, token: 'inline' }, 'token'],
  [{ ...minimal, index: 'Not An Index' }, 'index'],
  [{ ...minimal, include: ['message'] }, 'include.0'],
  [{ ...minimal, datasets: { 'extreme_xiq.auth': { index: '' } } }, 'datasets.extreme_xiq.auth.index'],
])('rejects %j and names the field', (config, field) => {
  expect(splunkHecConfig.safeParse(config).error?.issues.map(({ path }) => path.join('.'))).toEqual([field]);
});
