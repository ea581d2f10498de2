// Reads the list of hosts that are reached without the proxy, as curl and Go read NO_PROXY.
import { BlockList, isIP, isIPv4 } from 'node:net';
import { domainToASCII } from 'node:url';

/** Hosts of this machine. NO_PROXY need not name them, and they are the default of `noProxy` beside `proxy`. */
export const loopbackHosts: readonly string[] = ['localhost', '127.0.0.0/8', '::1'];

type Matches = (host: string, port: string) => boolean;

/** Entries of NO_PROXY: separated by commas (as Go) or white space (as curl). */
export function noProxyEntries(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((entry) => entry !== '');
}

/** Why an entry matches nothing, or undefined. */
export function noProxyFault(entry: string): string | undefined {
  if (entryMatcher(entry) !== undefined) return undefined;
  if (!entry.includes('*')) return `${entry} is not a host, an address or a CIDR block`;
  const hint = /^\d+(?:\.\d+){0,2}\.\*/.test(entry) ? ': use a CIDR block such as 127.0.0.0/8' : '';
  return `${entry} matches nothing: * is allowed alone or as *.domain only${hint}`;
}

/** True if one of `entries` names the host of `url`. Entries that `noProxyFault` refuses match nothing. */
export function isExempt(entries: readonly string[], url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return entries.some((entry) => entryMatcher(entry)?.(host, port) === true);
}

function entryMatcher(entry: string): Matches | undefined {
  if (entry === '*') return () => true;
  // BlockList knows no zones of addresses, such as fe80::1%eth0.
  if (entry.includes('%')) return undefined;
  if (entry.includes('/')) return cidrMatcher(entry);
  const [, bracketed, named = entry, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(entry) ?? [];
  const host = bracketed ?? named;
  const matchesHost = isIP(host) === 0 ? bracketed === undefined && domainMatcher(host) : addressMatcher(host);
  if (matchesHost === undefined || matchesHost === false) return undefined;
  return (asked, askedPort) =>
    (port === undefined || Number(port) === Number(askedPort)) && matchesHost(asked, askedPort);
}

function addressMatcher(address: string): Matches {
  const list = new BlockList();
  list.addAddress(address, familyOf(address));
  return (host) => isIP(host) !== 0 && list.check(host, familyOf(host));
}

function cidrMatcher(entry: string): Matches | undefined {
  const [, address = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(entry) ?? [];
  if (isIP(address) === 0 || Number(bits) > (isIPv4(address) ? 32 : 128)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), familyOf(address));
  return (host) => isIP(host) !== 0 && list.check(host, familyOf(host));
}

/** `example.com` and `.example.com` match the domain and its subdomains, `*.example.com` the subdomains only. */
function domainMatcher(pattern: string): Matches | undefined {
  const onlySubdomains = pattern.startsWith('*.');
  const domain = domainToASCII(pattern.replace(/^\*?\./, '').replace(/\.$/, ''));
  // The last label of a name is never a number: 127.1 or 10.0.0 is a part of an address.
  if (!/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(domain) || /(?:^|\.)\d+$/.test(domain)) return undefined;
  return (host) => host.endsWith(`.${domain}`) || (!onlySubdomains && host === domain);
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv4(address) ? 'ipv4' : 'ipv6');
