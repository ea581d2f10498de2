// GET /account/home and /account/viq: who the account of the token is.
import type { Hono } from 'hono';
import type { Tenant } from '../../world.ts';
import { type ApiEnv, isoTime, jsonResponse } from './responses.ts';

export interface AccountOptions {
  /** By the user name. */
  tenantOf(account: string): Tenant;
  readonly now: () => number;
}

export function accountRoutes(app: Hono<ApiEnv>, { tenantOf, now }: AccountOptions): void {
  app.get('/account/home', (c) => {
    const { ownerId, vhmName } = tenantOf(c.get('token').account);
    return jsonResponse(c, {
      id: ownerId,
      create_time: isoTime(now() - 31_536_000_000),
      update_time: isoTime(now() - 86_400_000),
      name: vhmName,
      account_type: 'CUSTOMER',
      account_mode: 'CONNECT',
      quota: 'DEFAULT',
      data_center: 'FRA',
      industry: null,
      country: null,
    });
  });

  app.get('/account/viq', (c) => {
    const { ownerId, vhmId, accessPoints } = tenantOf(c.get('token').account);
    return jsonResponse(c, {
      devices: accessPoints.length,
      standalone: true,
      expired: false,
      customer_id: 'SIMULATED',
      vhm_id: vhmId,
      owner_id: ownerId,
      licenses: [],
    });
  });
}
