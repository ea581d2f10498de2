// What four data models of Splunk's Common Information Model require, from its public documentation (4.20 to 6.1).

export interface CimModel {
  /** Fields that every event must have. */
  readonly required: readonly string[];
  /** Fields that an event has if its document has one of these fields. */
  readonly ifKnown: Readonly<Record<string, readonly string[]>>;
  /** Prescribed values. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

const success = ['success', 'failure'];

export const cimModels = {
  Authentication: {
    required: ['action', 'app', 'dest', 'src', 'user', 'signature', 'signature_id'],
    ifKnown: {
      authentication_method: ['extreme.xiq.auth_method', 'extreme.xiq.auth_type'],
      reason: ['event.reason'],
      src_ip: ['client.ip', 'source.ip'],
      src_mac: ['client.mac'],
      user_id: ['user.id'],
      user_role: ['user.roles{}'],
      vendor_account: ['organization.name', 'organization.id'],
    },
    values: { action: [...success, 'pending', 'error'] },
  },
  Change: {
    required: [
      ...['action', 'change_type', 'command', 'dest', 'dvc', 'object', 'object_attrs', 'object_category', 'object_id'],
      ...['src', 'status', 'user', 'vendor_product'],
    ],
    ifKnown: { src_user: ['user.target.name'], vendor_account: ['organization.name', 'organization.id'] },
    values: {
      action: ['acl_modified', 'cleared', 'created', 'deleted', 'modified', 'read', 'stopped', 'updated'],
      status: success,
    },
  },
  Network_Sessions: {
    required: ['action', 'signature', 'vendor_product'],
    // Some accounting records have no address of the client.
    ifKnown: { dest_ip: ['client.ip'], dest_mac: ['client.mac'], duration: ['event.duration'], user: ['user.name'] },
    values: { action: ['started', 'ended', 'blocked'] },
  },
  Alerts: {
    required: ['app', 'description', 'dest', 'id', 'severity', 'signature', 'signature_id', 'src', 'type', 'user'],
    ifKnown: { vendor_account: ['organization.name', 'organization.id'] },
    values: {
      severity: ['critical', 'high', 'medium', 'low', 'informational'],
      type: ['alarm', 'alert', 'event', 'task', 'warning'],
    },
  },
} as const satisfies Readonly<Record<string, CimModel>>;
