// How the subscription's secret is written into the Authorization header: no public page says which form it is.
import { authorization } from '../../authorization.ts';

export const secretForms = ['basic', 'basic-pair', 'basic-raw', 'bearer', 'bare'] as const;

/**
 * `basic`: user `xiq`, the secret as the password; `basic-pair`: the secret is the whole decoded pair;
 * `basic-raw`: the secret as it is, after `Basic`; `bearer`; `bare`: the secret and nothing else.
 */
export type SecretForm = (typeof secretForms)[number];

export function secretHeader(form: SecretForm, secret: string): string {
  if (form === 'basic-pair') return `Basic ${Buffer.from(secret).toString('base64')}`;
  return form === 'basic-raw' ? `Basic ${secret}` : authorization(form, secret);
}
