// ECS fields whose attribute has another name: the semantic conventions of OpenTelemetry have one with the same meaning.

/**
 * By ECS name. All other fields keep their name, which is that of the semantic conventions too for `user.*`, `error.type`,
 * `cloud.account.id`, `device.manufacturer`, `client.geo.*` and `user_agent.*`. `docs/guides/destinations.md` has this table.
 */
export const attributeNames = {
  'client.ip': 'client.address',
  // The text as sent, which is mostly a MAC address: not what OpenTelemetry calls an address.
  'client.address': 'extreme.xiq.client_address',
  'client.mac': 'client.mac.address',
  'error.message': 'exception.message',
  'event.id': 'log.record.uid',
  'event.original': 'log.record.original',
  'network.protocol': 'network.protocol.name',
  'rule.id': 'security_rule.uuid',
  'rule.name': 'security_rule.name',
  'rule.ruleset': 'security_rule.ruleset.name',
  // The resource has `service.name`, and many servers merge the two.
  'service.name': 'server.service.name',
  'source.ip': 'source.address',
  'source.mac': 'source.mac.address',
} as const satisfies Readonly<Record<string, string>>;
