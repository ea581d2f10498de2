// Which addresses ExtremeCloud IQ can reach, and which are of this machine or of a network of one's own.
import { BlockList, isIPv6 } from 'node:net';

const blocks = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: [
    '10.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '100.64.0.0/10',
    '169.254.0.0/16',
    '0.0.0.0/8',
    '192.0.0.0/24',
    '224.0.0.0/3',
    '::/128',
    'fc00::/7',
    'fe80::/10',
    'ff00::/8',
  ],
} as const;

function blockList(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = '', prefix] = subnet.split('/');
    list.addSubnet(network, Number(prefix), isIPv6(network) ? 'ipv6' : 'ipv4');
  }
  return list;
}

const loopback = blockList(blocks.loopback);
const nonPublic = blockList(blocks.private);

export type Reach = 'loopback' | 'private' | 'public';

/** `address` in text. An IPv4 address within an IPv6 one counts as what it is. */
export function reachOf(address: string): Reach {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  if (loopback.check(address, family)) return 'loopback';
  return nonPublic.check(address, family) ? 'private' : 'public';
}
