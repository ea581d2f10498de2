import fc from 'fast-check';
import { expect, it } from 'vitest';
import { byteFinder, decodeBody } from './charset.ts';

const json = (charset: string): string => `application/json; charset=${charset}`;
const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
const mark = '\ufeff';
const latin1 = Buffer.from('{"a":"Müller"}', 'latin1');
const utf8 = Buffer.from('{"a":"Müller €"}');

it.each([
  ['latin 1', latin1, json('iso-8859-1'), '{"a":"Müller"}'],
  ['quotes, case and blanks', latin1, 'Application/JSON ;x=1; Charset = "ISO-8859-1" ; y=2', '{"a":"Müller"}'],
  ['single quotes', latin1, json("'latin1'"), '{"a":"Müller"}'],
  ['windows-1252 for latin 1, as in browsers', Buffer.from([0x22, 0x80, 0x22]), json('iso-8859-1'), '"€"'],
  ['Cyrillic', Buffer.from([0x22, 0xcd, 0xc5, 0xd4, 0x22]), json('koi8-r'), '"мет"'],
  ['Shift_JIS, with a bracket in a character', Buffer.from([0x22, 0x83, 0x5b, 0x22]), json('shift_jis'), '"ゼ"'],
  ['UTF-8', utf8, json('UTF-8'), '{"a":"Müller €"}'],
  ['UTF-8 with a mark', Buffer.from(mark + utf8), json('iso-8859-1'), '{"a":"Müller €"}'],
  ['no charset', utf8, 'application/json', '{"a":"Müller €"}'],
  ['no content type', utf8, undefined, '{"a":"Müller €"}'],
  ['an unknown charset', utf8, json('utf-7'), '{"a":"Müller €"}'],
  ['an empty charset', utf8, json('""'), '{"a":"Müller €"}'],
  ['a charset that is no encoding', utf8, json('iso-2022-kr'), '{"a":"Müller €"}'],
  ['UTF-8 that is declared as UTF-16', utf8, json('utf-16'), '{"a":"Müller €"}'],
  ['UTF-16', Buffer.from('{"a":"ü"}', 'utf16le'), json('utf-16'), '{"a":"ü"}'],
  ['UTF-16BE without endianness', utf16be('{"a":"ü"}'), json('utf-16'), '{"a":"ü"}'],
  ['UTF-16 with a mark', Buffer.from(`${mark}{"a":"ü"}`, 'utf16le'), json('utf-16'), '{"a":"ü"}'],
  ['UTF-16BE with a mark', utf16be(`${mark}{"a":"ü"}`), json('utf-16le'), '{"a":"ü"}'],
  ['UTF-16 without declaration', Buffer.from('{"a":"ü"}', 'utf16le'), undefined, '{"a":"ü"}'],
  ['UTF-16 that is declared as something else', utf16be('{"a":"ü"}'), json('iso-8859-1'), '{"a":"ü"}'],
  ['a wrong declaration', Buffer.from('"ü"'), json('us-ascii'), '"Ã¼"'],
])('decodes %s', (_, bytes, contentType, text) => {
  expect(decodeBody(bytes, contentType).text).toBe(text);
});

it('the bytes of ASCII are the text in UTF-8, whatever the charset', () => {
  expect(decodeBody(Buffer.from('[{"a":1}]'), json('windows-1252')).isUtf8).toBe(true);
  expect(decodeBody(Buffer.from('[{"a":1}]'), json('iso-2022-jp')).isUtf8).toBe(true);
  expect(decodeBody(latin1, json('iso-8859-1')).isUtf8).toBe(false);
  expect(decodeBody(latin1).isUtf8).toBe(false);
});

it('never throws', () => {
  const charset = fc.constantFrom(
    'gb18030',
    'gbk',
    'big5',
    'euc-kr',
    'euc-jp',
    'iso-2022-jp',
    'shift_jis',
    'utf-16',
    'x',
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), charset, fc.string(), (bytes, name, other) => {
      const body = decodeBody(bytes, json(name));
      expect(decodeBody(bytes, json(other)).text).toBeTypeOf('string');
      const find = byteFinder(body);
      for (let at = 0; at < body.text.length; at++) find(at, at + 1);
    }),
  );
});

it('finds the bytes of each part of a text, also with bytes that are no character', () => {
  const charset = fc.constantFrom('utf-8', 'windows-1252', 'koi8-r', 'shift_jis', 'big5', 'euc-kr', 'iso-8859-15');
  const inString = fc.array(fc.oneof(fc.integer({ min: 0x80, max: 0xff }), fc.integer({ min: 0x30, max: 0x7e })));
  fc.assert(
    fc.property(charset, fc.array(inString, { minLength: 1, maxLength: 5 }), (name, contents) => {
      // Two quotes, because the first may be the second half of a broken character.
      const parts = contents.map((content) => Buffer.from([0x7b, 0x22, ...content, 0x22, 0x22, 0x7d]));
      const body = decodeBody(Buffer.concat(parts.flatMap((part) => [Buffer.from('\n'), part])), json(name));
      const texts = body.text.split('\n').slice(1);
      const find = byteFinder(body);
      let at = 0;
      for (const [index, text] of texts.entries()) {
        const start = at + 1;
        at = start + text.length;
        expect(Buffer.from(find(start, at) ?? []).toString('hex')).toBe(parts[index]?.toString('hex'));
      }
    }),
    { numRuns: 500 },
  );
});

it('finds the bytes of UTF-16', () => {
  const text = '[{"a":"ü😀"},{"b":"é"}]';
  const find = byteFinder(decodeBody(utf16be(text)));
  const at = text.indexOf('{"b"');
  expect(Buffer.from(find(1, at - 1) ?? [])).toEqual(utf16be('{"a":"ü😀"}'));
  expect(Buffer.from(find(at, text.length - 1) ?? [])).toEqual(utf16be('{"b":"é"}'));
});
