// The form in which names of fields are compared.
import { cachedByText } from './cached-by-text.ts';

/** The name in lower case, without `_` and `-`: senders spell one field `authDate`, `auth_date`, `AuthDate` and `authdate`. */
export const plainName = cachedByText((name) => name.toLowerCase().replace(/[_-]/g, ''));
