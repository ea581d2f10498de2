import { expect, it } from 'vitest';
import { parseEval } from './eval.ts';
import { extractFields } from './fields.ts';
import { parseSearch } from './search.ts';

const event = {
  event: { type: ['user', 'creation'], outcome: 'success', severity: 73 },
  client: { mac: 'DC-A6-32-00-00-01' },
  labels: { flag: true, none: null },
  list: [{ a: 1 }, { a: 2 }],
};
const fields = extractFields(event, { host: 'ap-1' });

it('extracts the fields of a JSON event as Splunk does', () => {
  expect(Object.fromEntries(fields)).toEqual({
    host: ['ap-1'],
    'event.type{}': ['user', 'creation'],
    'event.outcome': ['success'],
    'event.severity': ['73'],
    'client.mac': ['DC-A6-32-00-00-01'],
    'labels.flag': ['true'],
    'labels.none': ['null'],
    'list{}.a': ['1', '2'],
  });
});

it.each([
  [`lower(replace('client.mac',"-",":"))`, 'dc:a6:32:00:00:01'],
  [`lower(replace('client.ip',"-",":"))`, null],
  [`coalesce('client.ip',mvindex('event.type{}',0),"unknown")`, 'user'],
  [`coalesce('client.ip',null(),"un\\"known")`, 'un"known'],
  [`if('event.outcome'=="success","yes","no")`, 'yes'],
  [`if('absent'!="success","yes","no")`, 'no'],
  [`if(isnull(absent) AND (host=="ap-2" OR isnotnull(host)),"yes","no")`, 'yes'],
  [`case('event.severity'>=99,"critical",'event.severity'>=73,"high",true(),"low")`, 'high'],
  [`case('event.outcome'=="failure","failure")`, null],
  [`isnotnull(mvfind('event.type{}',"^creation$"))`, true],
  [`isnotnull(mvfind('event.type{}',"^creat$"))`, false],
  [`'event.severity'/10`, 7.3],
  [`host.":".'event.outcome'`, 'ap-1:success'],
])('evaluates %s', (source, value) => expect(parseEval(source)(fields)).toEqual(value));

it.each(['lower(', 'nothing(host)', '"a" "b"', 'host ==', "'open", 'a ; b'])('rejects the expression %s', (source) => {
  expect(() => parseEval(source)).toThrow();
});

it.each([
  ['host=AP-1 event.type{}=creation', true],
  ['host=ap-1 NOT event.outcome=success', false],
  ['( host=other OR event.type{}=user ) NOT absent=*', true],
  ['host=other OR event.type{}=deletion', false],
])('searches %s', (source, found) => expect(parseSearch(source)(fields)).toBe(found));

it.each(['host', 'host=a )', '( host=a', 'host="a"'])('rejects the search %s', (source) => {
  expect(() => parseSearch(source)).toThrow();
});
