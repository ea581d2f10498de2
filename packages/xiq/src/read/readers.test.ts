// Values that mean "none" never become a value of a field.
import { expect, it } from 'vitest';
import { eventsOfValue } from '../test-source.ts';
import { isPlaceholder } from './readers.ts';

const zeroMacs = ['00:00:00:00:00:00', '00-00-00-00-00-00', '000000000000', '0000.0000.0000', '000000-000000'];

it.each([['text'], ['ip'], ['mac'], ['station'], ['time'], ['count'], ['list']] as const)('of a %s: none', (kind) => {
  for (const value of ['', '  ', 'null', 'NULL', -1, '-1', '0.0.0.0', '::', ...zeroMacs])
    expect(isPlaceholder(value, kind), String(value)).toBe(true);
  for (const value of ['0', 'x', 1, 'nullable', '-10', '10.0.0.0', 'none of these'])
    expect(isPlaceholder(value, kind), String(value)).toBe(kind === 'time' && value === '0');
});

it.each(['0:0:0:0:0:0:0:0', '::0', '::ffff:0.0.0.0', '0000:0000:0000:0000:0000:0000:0000:0000'])('no IP: %s', (value) =>
  expect(isPlaceholder(value, 'ip')).toBe(true),
);

it.each(['::1', '0.0.0.1', 'fe80::'])('an IP: %s', (value) => expect(isPlaceholder(value, 'ip')).toBe(false));

it('a number may be -1: a distance, a level', () => expect(isPlaceholder(-1, 'number')).toBe(false));

it('a placeholder stays in extra, and a later name of the field is used', () => {
  const [event] = eventsOfValue({ userId: -1, userName: 'null', ownerId: '', vhmId: 7 }, 'AUDIT_LOG_ALL');
  expect(event?.document.user).toBeUndefined();
  expect(event?.document.organization?.id).toBe('7');
  expect(event?.document.extreme?.['xiq']).toMatchObject({ extra: { userId: -1, userName: 'null', ownerId: '' } });
});

it('D15: a list keeps its items beside an absent one', () => {
  const [event] = eventsOfValue({ hostNames: ['AP-1', null, ''] }, 'AUDIT_LOG_ALL');
  expect(event?.document.related?.hosts).toEqual(['AP-1']);
});
