// Forms of the Authorization header in which a sender may send the secret.

export const authorizationForms = ['basic', 'bearer', 'bare'] as const;
export type AuthorizationForm = (typeof authorizationForms)[number];

/** The value of the Authorization header. */
export function authorization(form: AuthorizationForm, secret: string): string {
  if (form === 'basic') return `Basic ${Buffer.from(`xiq:${secret}`).toString('base64')}`;
  return form === 'bearer' ? `Bearer ${secret}` : secret;
}
