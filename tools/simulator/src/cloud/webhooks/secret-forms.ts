// Forms of the secret in the Authorization header of webhooks: the vendor's form is not public.
import { authorization } from '../../authorization.ts';

export const secretForms = ['basic', 'basic-pair', 'basic-raw', 'bearer', 'bare'] as const;

/**
 * `basic`: user `xiq`, the secret as the password; `basic-pair`: the secret is the whole decoded pair;
 * `basic-raw`: the unencoded secret after `Basic`; `bearer`; `bare`: the secret alone.
 */
export type SecretForm = (typeof secretForms)[number];

export function secretHeader(form: SecretForm, secret: string): string {
  if (form === 'basic-pair') return `Basic ${Buffer.from(secret).toString('base64')}`;
  return form === 'basic-raw' ? `Basic ${secret}` : authorization(form, secret);
}
