// Reads the URL of a proxy, and hides its credentials.
import { Secret } from '@xiq-siem/core';

/** Beside a password this short, most texts would contain it: then only `user:password` is a secret. */
const shortestSecret = 4;

const encodeHint = 'percent-encode # / ? and % in its user and password (# is %23)';

/** The URL, or why it cannot be used. The reason contains no part of the text but its scheme. */
export function readProxyUrl(text: string): { readonly url: URL } | { readonly fault: string } {
  const trimmed = text.trim();
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed) ?? [];
  if (scheme !== undefined && !/^https?$/i.test(scheme)) {
    return {
      fault: `a proxy of type ${scheme.toLowerCase()} is not supported: expected http://host:port or https://host:port`,
    };
  }
  const url = URL.parse(scheme === undefined ? `http://${trimmed}` : trimmed);
  // A URL parser removes line breaks, and takes what follows # / ? of a password for other parts of the URL.
  if (url === null || /\s/.test(trimmed) || url.pathname + url.search + url.hash !== '/' || !isDecodable(url)) {
    return { fault: `not the URL of a proxy: expected http://host:port, and ${encodeHint}` };
  }
  return { url };
}

/** Every form in which the credentials of a proxy may occur in a text. */
export function proxySecrets({ username, password }: URL): readonly Secret[] {
  if (username + password === '') return [];
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  // A token may stand in the place of the user.
  const secret = password === '' ? username : password;
  const alone = [secret, decodeURIComponent(secret)].filter((text) => text.length >= shortestSecret);
  const forms = [`${username}:${password}`, plain, Buffer.from(plain).toString('base64'), ...alone];
  return [...new Set(forms)].map((form) => new Secret(form));
}

function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}
