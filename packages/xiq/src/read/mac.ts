// Reads MAC addresses in every notation, and RADIUS station ids.

const oneNotation =
  /^(?:[0-9a-f]{12}|[0-9a-f]{2}(?:([:\-. ])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}|[0-9a-f]{4}([:\-.])[0-9a-f]{4}\2[0-9a-f]{4}|[0-9a-f]{6}[:\-.][0-9a-f]{6})$/i;
const station =
  /^([0-9a-f]{12}|[0-9a-f]{2}(?:([:\-.])[0-9a-f]{2})(?:\2[0-9a-f]{2}){4}|[0-9a-f]{4}([-.])[0-9a-f]{4}\3[0-9a-f]{4}|[0-9a-f]{6}[-.][0-9a-f]{6})(?::(.*))?$/is;

/** A station id of RADIUS: `AA-BB-CC-DD-EE-FF`, often followed by `:SSID` (RFC 3580, 3.20). */
export interface Station {
  /** Undefined: it is zeros, or the text is another one, such as a hash of it. */
  readonly mac: string | undefined;
  readonly ssid: string | undefined;
  /** As the sender wrote it. */
  readonly text: string;
}

function hyphenated(mac: string): string {
  const hex = mac.length === 12 ? mac : mac.replace(/[^0-9a-fA-F]/g, '');
  const upper = hex.toUpperCase();
  return `${upper.slice(0, 2)}-${upper.slice(2, 4)}-${upper.slice(4, 6)}-${upper.slice(6, 8)}-${upper.slice(8, 10)}-${upper.slice(10)}`;
}

/** `AA-BB-CC-DD-EE-FF`, the form of ECS. Undefined if the text is not a MAC address. */
export function readMac(text: string): string | undefined {
  return oneNotation.test(text) ? hyphenated(text) : undefined;
}

export function readStation(text: string): Station {
  const [, mac, , , ssid] = station.exec(text) ?? [];
  const isNone = mac === undefined || !/[1-9a-f]/i.test(mac);
  return { mac: isNone ? undefined : hyphenated(mac), ssid: ssid?.trim() === '' ? undefined : ssid, text };
}

/** Whether the address is locally administered (bit 0x02 of the first octet), such as a randomized MAC. */
export function isLocalMac(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 0x02) !== 0;
}
