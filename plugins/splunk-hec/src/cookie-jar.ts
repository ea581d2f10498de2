// The cookies of one channel: a load balancer may use them to send later requests to the same node.

export interface CookieJar {
  /** The value of the header `Cookie`; undefined if there is no cookie. Never log it. */
  header(): string | undefined;
  /** Stores the cookies of a response's `Set-Cookie` headers. Only their names, values and expiry count. */
  store(setCookie: readonly string[] | undefined): void;
}

const maxCookies = 16;
/** Characters of all cookies together: servers reject longer headers. */
const maxCharacters = 4_096;
/** Without characters that end a cookie, or that HTTP forbids in a header. */
const cookiePair = /^\s*([!#-'*+\-.0-9A-Z^-z|~]+)\s*=\s*([!-:<-~]*)\s*$/;

export function createCookieJar(now: () => number): CookieJar {
  const cookies = new Map<string, string>();

  const isExpired = (attributes: readonly string[]): boolean => {
    const attribute = (name: RegExp) => attributes.map((text) => name.exec(text)?.[1]).find(Boolean);
    const maxAge = attribute(/^\s*max-age\s*=\s*(-?\d+)\s*$/i);
    if (maxAge !== undefined) return Number(maxAge) <= 0;
    const expires = attribute(/^\s*expires\s*=\s*(.+?)\s*$/i);
    return expires !== undefined && Date.parse(expires) <= now();
  };
  const size = () => [...cookies].reduce((sum, [name, value]) => sum + name.length + value.length + 3, 0);

  function storeCookies(setCookie: readonly string[] = []): void {
    for (const line of setCookie) {
      const [pair = '', ...attributes] = line.split(';');
      const [, name, value] = cookiePair.exec(pair) ?? [];
      if (name === undefined || value === undefined) continue;
      cookies.delete(name);
      if (isExpired(attributes)) continue;
      if (cookies.size < maxCookies && size() + name.length + value.length + 3 <= maxCharacters) {
        cookies.set(name, value);
      }
    }
  }

  function cookieHeader(): string | undefined {
    return cookies.size === 0 ? undefined : [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
  return { header: cookieHeader, store: storeCookies };
}
