// Properties of times: every form of an instant is read as it, and no form with two meanings is read.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readTime, zoneOffset } from './time.ts';

const receivedAtMs = Date.UTC(2100, 0, 1);
const context = { offset: zoneOffset('UTC'), receivedAtMs };
const instant = fc.integer({ min: Date.UTC(1980, 0, 1), max: receivedAtMs });
const fullSecond = instant.map((ms) => Math.floor(ms / 1000) * 1000);
/** Minutes east of UTC. */
const east = fc.integer({ min: -18 * 60, max: 18 * 60 });

const two = (number: number): string => String(number).padStart(2, '0');
const offsetText = (minutes: number, colon: string): string =>
  `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}${colon}${two(Math.abs(minutes) % 60)}`;
/** The parts of a time as `Date` writes them. */
function partsOf(ms: number) {
  const [weekday = '', day = '', month = '', year = '', clock = ''] = new Date(ms).toUTCString().split(/,? /);
  const hour = Number(clock.slice(0, 2));
  const clock12 = `${hour % 12 || 12}${clock.slice(2)} ${hour < 12 ? 'AM' : 'PM'}`;
  return { weekday, day, month, year, clock, clock12 };
}

it.each<[string, (ms: number, minutes: number, digits: string) => unknown]>([
  ['epoch milliseconds', (ms) => ms],
  ['epoch seconds', (ms) => ms / 1000],
  ['epoch microseconds', (ms) => ms * 1000],
  [
    'epoch seconds as text',
    (ms, _, digits) => `${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}${digits}`,
  ],
  ['epoch nanoseconds as text', (ms, _, digits) => `${ms}${digits.padEnd(6, '0')}`],
  ['a double of Java', (ms) => `${String(ms).replace(/^./, '$&.')}E${String(ms).length - 1}`],
  ['ISO', (ms, minutes) => new Date(ms + minutes * 60_000).toISOString().replace('Z', offsetText(minutes, ':'))],
  ['ISO with a comma', (ms, _, digits) => new Date(ms).toISOString().replace('.', ',').replace('Z', `${digits} UTC`)],
  [
    'ISO with a zone',
    (ms, minutes) =>
      `${new Date(ms + minutes * 60_000).toISOString().replace('Z', offsetText(minutes, ''))}[Asia/Tokyo]`,
  ],
  ['ISO without an offset', (ms) => new Date(ms).toISOString().replace('Z', '').replace('T', ' ')],
  [
    'an array of Java',
    (ms, _, digits) => [
      ...new Date(ms).toISOString().split(/\D/).slice(0, 6).map(Number),
      (ms % 1000) * 1e6 + Number(digits.padEnd(6, '0')),
    ],
  ],
])('reads an instant of a millisecond as %s', (_, write) => {
  const digits = fc
    .integer({ min: 0, max: 999_999 })
    .map((number) => (number === 0 ? '' : String(number).padStart(6, '0')));
  fc.assert(
    fc.property(instant, east, digits, (ms, minutes, more) => {
      const moment = readTime(write(ms, minutes, more), context);
      expect(moment).toMatchObject({ ms, keyMs: ms });
      if (more === '') expect(moment?.exact).toBe(true);
    }),
  );
});

it.each<[string, (ms: number, minutes: number) => string]>([
  ['RFC 1123', (ms) => new Date(ms).toUTCString()],
  ['RFC 2822', (ms, minutes) => new Date(ms + minutes * 60_000).toUTCString().replace('GMT', offsetText(minutes, ''))],
  [
    "Gson's default",
    (ms) => {
      const { month, day, year, clock12 } = partsOf(ms);
      return `${month} ${Number(day)}, ${year} ${clock12}`;
    },
  ],
  [
    "Java's Date",
    (ms) => {
      const { weekday, month, day, year, clock } = partsOf(ms);
      return `${weekday} ${month} ${day} ${clock} UTC ${year}`;
    },
  ],
])('reads an instant of a second as %s', (_, write) => {
  fc.assert(
    fc.property(fullSecond, east, (ms, minutes) => {
      expect(readTime(write(ms, minutes), context)).toMatchObject({ ms, keyMs: ms, exact: true });
    }),
  );
});

it('reads a local time as one of its instants, and its key without the zone', () => {
  const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/St_Johns'];
  const offsets = new Map(zones.map((zone) => [zone, zoneOffset(zone)]));
  const written = new Map(
    zones.map((zone) => [
      zone,
      new Intl.DateTimeFormat('sv', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }),
    ]),
  );
  fc.assert(
    fc.property(fullSecond, fc.constantFrom(...zones), (ms, zone) => {
      const text = written.get(zone)?.format(ms) ?? '';
      const offset = offsets.get(zone) ?? (() => [0]);
      // Received at once: the right reading of two.
      const moment = readTime(text, { offset, receivedAtMs: ms + 1000 });
      expect(moment).toMatchObject({ ms, keyMs: Date.parse(`${text.replace(' ', 'T')}Z`) });
    }),
    { numRuns: 300 },
  );
});

it('never reads a form with two meanings', () => {
  const zone = fc.constantFrom('EST', 'CST', 'IST', 'PDT', 'BST', 'CET', 'A', 'MSK');
  fc.assert(
    fc.property(fullSecond, zone, fc.constantFrom('/', '.', '-'), (ms, name, separator) => {
      const { weekday, day, month, year, clock, clock12 } = partsOf(ms);
      const number = two(new Date(ms).getUTCMonth() + 1);
      const dates = [
        [day, number, year],
        [number, day, year],
        [day, number, year.slice(2)],
        [year.slice(2), number, day],
        [day, month, year.slice(2)],
      ];
      const forms = [
        ...dates.flatMap((date) => [clock, clock12, `${clock}Z`].map((time) => `${date.join(separator)} ${time}`)),
        `${weekday} ${month} ${day} ${clock} ${name} ${year}`,
        `${weekday}, ${day} ${month} ${year} ${clock} ${name}`,
        `${month} ${day}, ${year} ${clock12} ${name}`,
        `${new Date(ms).toISOString().replace('Z', ` ${name}`)}`,
        `${weekday}, ${day} ${month} ${year.slice(2)} ${clock} GMT`,
      ];
      for (const form of forms) expect([form, readTime(form, context)]).toEqual([form, undefined]);
    }),
  );
});

it('never throws, and gives a time of the years 1 to 9999 or none', () => {
  const pieces = fc.constantFrom(
    '2026',
    '11',
    '30',
    '-',
    '/',
    ':',
    'T',
    ' ',
    'Z',
    'GMT',
    '+01',
    'AM',
    'Nov',
    'Mon',
    ',',
    '.',
    '[',
    ']',
    '9'.repeat(20),
    'E9',
    '\u{202f}',
  );
  const garbage = fc.oneof(
    fc.jsonValue(),
    fc.double(),
    fc.string({ unit: 'binary' }),
    fc.array(pieces, { maxLength: 14 }).map((parts) => parts.join('')),
    fc.array(fc.oneof(fc.nat({ max: 3000 }), fc.double()), { minLength: 5, maxLength: 7 }),
  );
  const contexts = ['UTC', 'Europe/Berlin'].map((zone) => ({ offset: zoneOffset(zone), receivedAtMs }));
  fc.assert(
    fc.property(garbage, fc.constantFrom(...contexts), (value, anyContext) => {
      const moment = readTime(value, anyContext);
      if (moment !== undefined) expect(new Date(moment.ms).toISOString()).toMatch(/^\d{4}-/);
    }),
    { numRuns: 2000 },
  );
});
