// Functions for destinations: server messages, Retry-After, advice, certificates, warnings.
import { readFile } from 'node:fs/promises';
import type { AgentTls, DestinationContext } from './destination.ts';
import { ConnectorError } from './errors.ts';
import type { HttpFault } from './http-exchange.ts';
import type { Secret } from './secret.ts';

const dayMs = 86_400_000;

/**
 * Milliseconds to wait by a `Retry-After` header (seconds or a date), at most one day. Undefined if the header is missing
 * or invalid, or its time has passed.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  const isDate = /^[A-Z][a-z]{2,8},? /.test(text);
  const waitMs = /^\d{1,15}$/.test(text) ? Number(text) * 1000 : isDate ? Date.parse(text) - nowMs : 0;
  return waitMs > 0 ? Math.min(waitMs, dayMs) : undefined;
}

/** Undefined if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Characters of a server message to process. */
const maxRead = 4_096;
/** A text that looks like a bearer token, even an unknown one: a JWT starts with `{"` in base64. */
const tokenLike = /\bBearer\s+\S+|\beyJ[\w-]{8,}[\w.-]*/gi;

/**
 * A server's message for a verdict, an error or a log: one line of at most `maxCharacters`, without control characters, with
 * `[secret]` in place of `secrets` and bearer tokens.
 */
export function sanitizeServerMessage(text: string, secrets: readonly Secret[], maxCharacters: number): string {
  // Secrets are replaced before the text is cut: a part of a secret would not be recognized.
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

/** Names of the plugin's options, for advice. */
export interface OptionNames {
  /** The option with the address of the server. Default: `url`. */
  readonly url?: string;
  /** The options with the client certificate, such as "`certFile` and `keyFile`"; omit it if the plugin has none. */
  readonly certificate?: string;
}

/** What an operator should do about a failed request; empty for faults that may be temporary. */
export function connectionAdvice(
  { code, message }: Pick<HttpFault, 'code' | 'message'>,
  names: OptionNames = {},
): string {
  const { url = '`url`', certificate } = names;
  switch (code) {
    case 'tls_failed':
      if (/altnames/i.test(message)) return `the certificate is for another host name: use that name in ${url}`;
      if (/expired|not yet valid/i.test(message))
        return 'renew the certificate of the server, or correct the clock of this host';
      if (/wrong version number|packet length/i.test(message))
        return `the server does not use TLS on this port: check ${url}`;
      if (/alert/i.test(message)) {
        return certificate === undefined
          ? 'the server rejects the TLS connection: see the log of the server'
          : `the server rejects the client certificate: check ${certificate}`;
      }
      return 'the certificate authority of the server is not trusted: set `caFile` to its certificate';
    case 'unreachable':
      return `check ${url} and \`proxy\`, and that the server runs`;
    case 'connection_lost':
      return `check ${url}, and whether the server uses http or https`;
    case 'invalid_request':
      return 'correct the configured header or secret';
    default:
      return '';
  }
}

/** Options for a client certificate and for the verification of the server's certificate. */
export interface TlsFiles {
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly verifyTls: boolean;
}

/**
 * Reads the configured files for `context.agent`. `parent` prefixes the option names in messages, such as `tls.`.
 * @throws ConnectorError `config_invalid` if a file cannot be read.
 */
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
      throw new ConnectorError(
        'config_invalid',
        `${parent}${option} ${path} cannot be read${reason}: expected a PEM file`,
        {
          cause,
        },
      );
    }
  };
  return {
    ...(certFile !== undefined && { cert: await pem('certFile', certFile) }),
    ...(keyFile !== undefined && { key: await pem('keyFile', keyFile) }),
    ...(!verifyTls && { rejectUnauthorized: false }),
  };
}

const loopback = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/;

/**
 * Logs a warning if the configuration sends credentials without encryption, or disables the verification of certificates.
 * `secrets`: requests contain credentials.
 */
export function warnIfInsecure(
  { url, verifyTls, secrets }: { readonly url: string; readonly verifyTls: boolean; readonly secrets: boolean },
  { log }: Pick<DestinationContext, 'log'>,
): void {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'http:' && secrets && !loopback.test(hostname)) {
    log.warn('destination.not_encrypted', {
      advice: 'others on the network path can read the credentials: use https',
    });
  }
  if (protocol === 'https:' && !verifyTls) {
    const advice = 'others on the network path can read the events: set caFile and remove verifyTls';
    log.warn('destination.tls_not_verified', { advice });
  }
}

/**
 * Returns a function for occurrences that may be as frequent as events. It calls `report` at most once in `everyMs`, with
 * the number of occurrences since the last report and the detail of the last one.
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
