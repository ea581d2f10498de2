// The ECS fields that the documents use. `pnpm --filter @xiq-siem/core generate` generates `ecs.generated.ts` from them.
export const ecsFieldNames: readonly string[] = `
  @timestamp
  agent.id agent.name agent.type agent.version
  client.address client.bytes client.domain client.geo.location client.ip client.mac
  cloud.account.id cloud.account.name
  data_stream.dataset data_stream.namespace data_stream.type
  destination.bytes
  device.manufacturer
  ecs.version
  email.direction email.to.address
  error.code error.message error.type
  event.action event.category event.code event.created event.dataset event.duration event.end event.hash event.id
  event.ingested event.kind event.module event.original event.outcome event.provider event.reason event.severity
  event.start event.type
  labels
  log.level
  message
  network.bytes network.name network.protocol
  observer.hostname observer.ip observer.mac observer.product observer.serial_number observer.type observer.vendor
  organization.id organization.name
  related.hosts related.ip related.user
  rule.id rule.name rule.ruleset
  server.bytes
  service.name
  source.bytes source.ip source.mac
  tags
  user.domain user.email user.group.name user.id user.name user.roles user.target.domain user.target.email
  user.target.id user.target.name
  user_agent.os.name
`
  .trim()
  .split(/\s+/);
