// What destinations share beside the exchange: words for people, waiting times, certificates, warnings.
import { readFile } from 'node:fs/promises';
import type { AgentTls, DestinationContext } from './destination.ts';
import { ConnectorError } from './errors.ts';
import type { HttpFault } from './http-exchange.ts';
import type { Secret } from './secret.ts';

const dayMs = 86_400_000;

/**
 * Milliseconds that a `Retry-After` header asks us to wait, a day at most: it holds seconds, or a date. Undefined where
 * it is missing, is invalid, or names a time that is over.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  const isDate = /^[A-Z][a-z]{2,8},? /.test(text);
  const waitMs = /^\d{1,15}$/.test(text) ? Number(text) * 1000 : isDate ? Date.parse(text) - nowMs : 0;
  return waitMs > 0 ? Math.min(waitMs, dayMs) : undefined;
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Long enough for any message worth reading; what follows is not even looked at. */
const maxRead = 4_096;
/** What looks like a bearer token, whether we know it or not: a JWT begins with `{"` in base64. */
const tokenLike = /\bBearer\s+\S+|\beyJ[\w-]{8,}[\w.-]*/gi;

/** The other side's words for a message of ours: one line without control characters, bounded, each secret as `[secret]`. */
export function sanitizeServerMessage(text: string, secrets: readonly Secret[], maxCharacters: number): string {
  // Cut only after the secrets are out: a secret that is cut in half is not recognized.
  let message = text;
  for (const secret of secrets) {
    const value = secret.reveal();
    if (value === '') continue;
    const forms = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value.toWellFormed())];
    for (const form of forms) message = message.replaceAll(form, '[secret]');
  }
  message = message
    .slice(0, maxRead)
    .replace(tokenLike, '[secret]')
    .toWellFormed()
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  return message.length > maxCharacters ? `${message.slice(0, maxCharacters).toWellFormed()}…` : message;
}

/** The configuration's own names, as advice writes them. */
export interface OptionNames {
  /** Where the server is. Default: `url`. */
  readonly url?: string;
  /** Our own certificate, where a server may ask for one, such as "`certFile` and `keyFile`". */
  readonly certificate?: string;
}

/** What an operator should do where no answer came; empty where the fault may pass without anybody's help. */
export function connectionAdvice(
  { code, message }: Pick<HttpFault, 'code' | 'message'>,
  names: OptionNames = {},
): string {
  const { url = '`url`', certificate } = names;
  switch (code) {
    case 'tls_failed':
      if (/altnames/i.test(message)) return `the certificate is for another name: use that one in ${url}`;
      if (/expired|not yet valid/i.test(message)) return 'renew the certificate there, or correct the clock here';
      if (/wrong version number|packet length/i.test(message)) return `there is no TLS at that port: check ${url}`;
      if (/alert/i.test(message)) {
        return certificate === undefined
          ? 'the server refuses the TLS connection: its log has the reason'
          : `our own certificate is not accepted: check ${certificate}`;
      }
      return 'no authority that we trust has signed its certificate: set `caFile` to the authority that has';
    case 'unreachable':
      return `check ${url} and \`proxy\`, and whether the server runs`;
    case 'connection_lost':
      return `check ${url}, and whether it is http or https there`;
    case 'invalid_request':
      return 'correct the configured header or secret';
    default:
      return '';
  }
}

/** Configured files of our own certificate. */
export interface TlsFiles {
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly verifyTls: boolean;
}

/** TLS for `context.agent`; `parent` names the option that holds the files. Throws a ConnectorError where a file cannot be read. */
export async function readTls(
  { certFile, keyFile, verifyTls }: TlsFiles,
  { resolvePath }: Pick<DestinationContext, 'resolvePath'>,
  parent = '',
): Promise<AgentTls> {
  const pem = async (option: string, path: string) => {
    try {
      return await readFile(resolvePath(path), 'utf8');
    } catch (cause) {
      const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
      throw new ConnectorError('config_invalid', `${parent}${option} ${path} cannot be read${reason}: expected PEM`, {
        cause,
      });
    }
  };
  return {
    ...(certFile !== undefined && { cert: await pem('certFile', certFile) }),
    ...(keyFile !== undefined && { key: await pem('keyFile', keyFile) }),
    ...(!verifyTls && { rejectUnauthorized: false }),
  };
}

const loopback = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/;

/** Logs what the configuration leaves readable to others on the network. `secrets`: what is sent holds a credential. */
export function warnIfInsecure(
  { url, verifyTls, secrets }: { readonly url: string; readonly verifyTls: boolean; readonly secrets: boolean },
  { log }: Pick<DestinationContext, 'log'>,
): void {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'http:' && secrets && !loopback.test(hostname)) {
    log.warn('destination.not_encrypted', {
      advice: 'anybody on the network path can read the credentials: use https',
    });
  }
  if (protocol === 'https:' && !verifyTls) {
    const advice = 'anybody on the network path can read what is sent: set caFile and remove verifyTls';
    log.warn('destination.tls_not_verified', { advice });
  }
}

/**
 * For what may happen with every event: calls `report` at most once in `everyMs`, with how often it happened since.
 * `detail` is that of the last time.
 */
export function createRateLimitedReport<Detail>(
  now: () => number,
  everyMs: number,
  report: (detail: Detail, times: number) => void,
): (detail: Detail, times?: number) => void {
  let count = 0;
  let reportedMs = Number.NEGATIVE_INFINITY;
  return (detail, times = 1) => {
    if (times === 0) return;
    count += times;
    if (now() - reportedMs < everyMs) return;
    report(detail, count);
    count = 0;
    reportedMs = now();
  };
}
