// Sets of shapes in which ExtremeCloud IQ may send events beyond the plain ones. Each is on or off for a run.

/** What each set adds; the text of the help. */
export const shapeSets = {
  content: 'GDPR log entries, status words, auth types, logins, audit texts',
  gaps: 'missing fields, and placeholders: null, "", "null", -1, 0, 0.0.0.0',
  times: 'times as text, with and without offset, in microseconds, as a list',
  names: 'CallingStationId, callingStationID, Calling-Station-Id and others',
  repeats: 'names twice in one object',
  envelopes: '{data}, {messageType, data}, {events}, {records}, [[]]',
  charsets: 'a declared charset: iso-8859-1, utf-16 with and without a BOM',
} as const;

export type Shape = keyof typeof shapeSets;

export const shapes = Object.keys(shapeSets).filter(isShape);

function isShape(text: string): text is Shape {
  return Object.hasOwn(shapeSets, text);
}
