// Reads who the account is: its owner id and its name.
import { z } from 'zod';
import type { Call } from './caller.ts';
import { parseResponse } from './parse-response.ts';
import { int64 } from './subscription-list.ts';

export interface AccountIdentity {
  /** The owner id, an int64 in digits: `ownerId` of a webhook event. */
  readonly id: string;
  /** Undefined if the API does not tell the name of this account. */
  readonly name: string | undefined;
}

/** 0 would join all accounts. */
const accountId = int64.refine((digits) => digits !== '0', 'expected the id of an account');
const home = z.looseObject({ id: accountId, name: z.string().max(1_024).nullish() });
const viq = z.looseObject({ owner_id: accountId.optional().catch(undefined) });

/** Rejects with a ConnectorError, or with the signal's reason when it fires. */
export async function readAccountIdentity(call: Call, signal: AbortSignal): Promise<AccountIdentity> {
  const get = { method: 'GET', repeatable: true } as const;
  const account = await call({ ...get, endpoint: 'account_home', path: '/account/home' }, signal);
  const { id, name } = parseResponse(home, account.response, account.context);
  // The home account is that of the user. The events are those of the account that the token is for, which may be a guest's.
  const current = await call({ ...get, endpoint: 'account_viq', path: '/account/viq' }, signal, [403, 404]);
  const isTold = current.response.status < 300;
  const owner = isTold ? parseResponse(viq, current.response, current.context).owner_id : undefined;
  const isHome = owner === undefined || owner === id;
  return { id: owner ?? id, name: isHome ? name?.trim() || undefined : undefined };
}
