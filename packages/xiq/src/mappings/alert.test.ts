// Alerts, as a detection reads them.
import { expect, it } from 'vitest';
import { eventsOfValue } from '../test-source.ts';

const alert = {
  id: 'a1',
  timestamp: '2021-11-08T02:06:27+00:00',
  owner_id: 1091,
  org_id: 0,
  summary: 'Rogue AP detected',
  severity_id: 1,
  severity_name: 'Critical',
  category: 'Security',
  source: { source_type_name: 'Device', source_name: 'AP-Lobby', source_id: '02301701010101' },
  site_id: 5,
  site_name: 'Berlin',
  alert_policy_id: 8,
  alert_policy_name: 'Default',
  alert_rule_id: 101,
  alert_rule_name: 'Rogue AP',
  tags: [{ id: 1, name: 'SSID', value: 'Corp', is_hidden: false }],
  acknowledged: false,
  acknowledged_by: null,
};

function documentOf(element: object) {
  const [event] = eventsOfValue(element, 'ALERT');
  if (event === undefined) throw new Error('no event');
  return event.document;
}

it('D8: an alert has its severity, rule, device and message', () => {
  const document = documentOf([alert]);
  expect(document).toMatchObject({
    '@timestamp': '2021-11-08T02:06:27.000Z',
    message: 'Rogue AP detected',
    event: {
      kind: 'alert',
      action: 'alert-raised',
      category: ['intrusion_detection'],
      type: ['info'],
      severity: 99,
      dataset: 'extreme_xiq.alert',
    },
    log: { level: 'critical' },
    rule: { id: '101', name: 'Rogue AP', ruleset: 'Default' },
    observer: { hostname: 'AP-Lobby', serial_number: '02301701010101' },
    organization: { id: '1091' },
    related: { hosts: ['AP-Lobby'] },
    extreme: {
      xiq: {
        id: 'a1',
        alert: {
          severity: 'Critical',
          category: 'Security',
          policy_id: '8',
          policy_name: 'Default',
          source_type: 'Device',
          site_name: 'Berlin',
          acknowledged: false,
        },
        extra: { tags: alert.tags },
      },
    },
  });
  expect(document.user).toBeUndefined();
});

it.each([
  ['Warning', 2, 47, 'warning'],
  ['INFO', undefined, 0, 'info'],
  [undefined, 2, 47, 'warning'],
  ['Fatal', 1, 99, 'critical'],
  ['Fatal', undefined, undefined, 'info'],
])('severity %s with the id %s', (name, id, severity, level) => {
  const document = documentOf({ ...alert, severity_name: name, severity_id: id });
  expect([document.event?.severity, document.log?.level]).toEqual([severity, level]);
});

it.each([
  ['DEVICE', ['host']],
  ['Client', ['network']],
  ['ANOMALY', undefined],
  [null, undefined],
])('the category %s', (category, expected) => {
  expect(documentOf({ ...alert, category }).event).toMatchObject({ type: ['info'] });
  expect(documentOf({ ...alert, category }).event?.category).toEqual(expected);
});

it('an acknowledged alert names who acknowledged it, who is not its user', () => {
  const document = documentOf({
    ...alert,
    acknowledged: true,
    acknowledged_username: 'max@corp.example',
    acknowledged_time: '2021-11-08T03:00:00Z',
  });
  expect(document).toMatchObject({
    event: { action: 'alert-acknowledged' },
    related: { user: ['max@corp.example'] },
    extreme: { xiq: { alert: { acknowledged: true, acknowledged_by: 'max@corp.example' } } },
  });
  expect(document.user).toBeUndefined();
});

it('the source is read as members of an object, as fields, and of clients', () => {
  const { source: _, ...bare } = alert;
  const flat = documentOf({ ...bare, sourceTypeName: 'AP', sourceName: 'AP-1', sourceId: 'c4:13:e2:aa:bb:00' });
  expect(flat.observer).toMatchObject({ hostname: 'AP-1', type: 'access-point', mac: ['C4-13-E2-AA-BB-00'] });
  const client = documentOf({ ...bare, source: { sourceType: 'CLIENT', sourceId: 'dcac3da506b4', room: 5 } });
  expect(client.client?.mac).toBe('DC-AC-3D-A5-06-B4');
  expect(client.observer).not.toHaveProperty('hostname');
  expect(client.extreme?.['xiq']).toMatchObject({ extra: { source: { room: 5 } } });
  const text = documentOf({ ...bare, source: 'AP-1', alert_rule_name: null, type: 'ROGUE_AP' });
  expect(text).toMatchObject({ rule: { name: 'ROGUE_AP' }, extreme: { xiq: { extra: { source: 'AP-1' } } } });
});
