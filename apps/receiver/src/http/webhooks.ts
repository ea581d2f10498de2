// Takes webhooks: route, size, authenticate the raw bytes, decode, keep, and only then answer 202.
import type { HttpBindings } from '@hono/node-server';
import type { AuthenticationVerdict, BodyMetadata, Logger, Meter, MetricTable } from '@xiq-siem/core';
import { ConnectorError } from '@xiq-siem/core';
import type { ReceivingSource } from '@xiq-siem/pipeline';
import type { Context } from 'hono';
import { Hono } from 'hono';
import { decode } from './decode.ts';
import type { ByteBudget } from './read-body.ts';
import { readBody } from './read-body.ts';
import type { RefusedCredentials } from './refused-credentials.ts';

export const receiverMetrics = {
  'xiq_siem.receiver.requests': {
    help: 'Requests to a webhook, by HTTP status; 202 is a body that was kept on disk.',
    unit: '{request}',
    attributes: ['source', 'status'],
  },
  'xiq_siem.receiver.bytes': { help: 'Bytes of bodies that were kept, unpacked.', unit: 'By', attributes: ['source'] },
  'xiq_siem.receiver.refused_credentials': {
    help: 'Requests whose secret was wrong or missing.',
    unit: '{request}',
    attributes: ['source'],
  },
  'xiq_siem.receiver.authenticated': {
    help: 'Requests whose secret was right, by the form in which it was carried.',
    unit: '{request}',
    attributes: ['source', 'form'],
  },
  'xiq_siem.receiver.aborted': {
    help: 'Requests whose sender left before the body was whole.',
    unit: '{request}',
    attributes: ['source'],
  },
} as const satisfies MetricTable;

export interface WebhookOptions {
  /** As they are configured now. */
  sources(): ReadonlyMap<string, ReceivingSource>;
  readonly maxBodyBytes: number;
  readonly budget: ByteBudget;
  readonly refused: RefusedCredentials;
  /** Whether a request without the secret is our own look at the public URL: refused, and nobody's try. */
  isSelfCheck?(header: (name: string) => string | undefined): boolean;
  /** Resolves with the receipt when the body is synced to disk. */
  keep(metadata: BodyMetadata, bytes: Uint8Array): Promise<string>;
  /** True from the moment that no more webhooks are taken. */
  stopping(): boolean;
  readonly now: () => number;
  readonly log: Logger;
  readonly meter: Meter<keyof typeof receiverMetrics>;
}

const nothing = new Uint8Array();

type WebhookContext = Context<{ Bindings: HttpBindings }>;

/** From node's own headers: those of the Request are made anew for each request, and cost as much as all else here. */
function header({ env: { incoming } }: WebhookContext, name: string): string | undefined {
  const value = incoming.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Every answer but 202: its status, its code, and the words that say what to do. */
const refusals = {
  emptyBody: [400, 'empty_body', 'the body is empty'],
  brokenGzip: [400, 'broken_gzip', 'the body is not the gzip that its content-encoding says'],
  unauthorized: [401, 'unauthorized', 'the credentials are missing or wrong'],
  notFound: [404, 'not_found', 'there is no such path or source: POST to /webhooks/<source>/<MESSAGE_TYPE>'],
  method: [405, 'method_not_allowed', 'webhooks are taken by POST'],
  tooLarge: [413, 'body_too_large', 'the body is larger than maxBodyBytes'],
  encoding: [415, 'unsupported_encoding', 'content-encoding must be gzip or identity'],
  tooMany: [429, 'too_many_refusals', 'the credentials of this address keep being refused'],
  overloaded: [503, 'overloaded', 'too many bytes are in flight: send again'],
  stopping: [503, 'stopping', 'the connector is shutting down: send again'],
} as const satisfies Record<string, readonly [status: number, code: string, message: string]>;

export function webhookApp(options: WebhookOptions): Hono<{ Bindings: HttpBindings }> {
  const { sources, maxBodyBytes, budget, refused, keep, stopping, now, log, meter } = options;

  const count = (source: string, status: number): void =>
    meter.add('xiq_siem.receiver.requests', 1, { source, status: String(status) });

  const refuse = (
    c: WebhookContext,
    source: string,
    kind: keyof typeof refusals,
    headers: Record<string, string> = {},
  ) => {
    const [status, error, message] = refusals[kind];
    count(source, status);
    return c.json({ error, message }, status, headers);
  };

  const authenticate = (
    c: WebhookContext,
    { source, secrets }: ReceivingSource,
    bytes: Uint8Array,
  ): AuthenticationVerdict => source.authenticate({ header: (name) => header(c, name), bytes }, secrets.current());

  const refuseCredentials = (c: WebhookContext, name: string): Response => {
    const unauthorized = () =>
      refuse(c, name, 'unauthorized', { 'www-authenticate': 'Basic realm="xiq-siem-connector"' });
    if (options.isSelfCheck?.((name) => header(c, name)) === true) return unauthorized();
    meter.add('xiq_siem.receiver.refused_credentials', 1, { source: name });
    const waitSeconds = refused.refuse(name, c.env.incoming.socket.remoteAddress ?? 'unknown');
    if (waitSeconds !== undefined) return refuse(c, name, 'tooMany', { 'retry-after': String(waitSeconds) });
    return unauthorized();
  };

  const receive = async (c: WebhookContext): Promise<Response> => {
    const name = c.req.param('source') ?? '';
    const receiving = sources().get(name);
    const messageType = c.req.param('messageType');
    if (receiving === undefined || (messageType !== undefined && !receiving.source.accepts(messageType))) {
      return refuse(c, 'none', 'notFound');
    }
    if (c.req.method !== 'POST') return refuse(c, name, 'method', { allow: 'POST' });
    if (stopping()) return refuse(c, name, 'stopping', { 'retry-after': '5', connection: 'close' });

    const early = receiving.source.authenticatesBy === 'headers' ? authenticate(c, receiving, nothing) : undefined;
    if (early?.ok === false) return refuseCredentials(c, name);
    const body = await readBody(c.env.incoming, maxBodyBytes, budget);
    if (body.kind === 'aborted') {
      meter.add('xiq_siem.receiver.aborted', 1, { source: name });
      return new Response(null, { status: 400 });
    }
    if (body.kind === 'tooLarge') return refuse(c, name, 'tooLarge', { connection: 'close' });
    if (body.kind === 'overloaded') return refuse(c, name, 'overloaded', { 'retry-after': '1', connection: 'close' });
    try {
      const verdict = early ?? authenticate(c, receiving, body.bytes);
      if (!verdict.ok) return refuseCredentials(c, name);
      meter.add('xiq_siem.receiver.authenticated', 1, { source: name, form: verdict.form });
      const decoded = await decode(header(c, 'content-encoding'), body.bytes, maxBodyBytes);
      if (decoded.kind === 'unsupported') return refuse(c, name, 'encoding', { 'accept-encoding': 'gzip, identity' });
      if (decoded.kind === 'tooLarge') return refuse(c, name, 'tooLarge');
      if (decoded.kind === 'broken') return refuse(c, name, 'brokenGzip');
      if (decoded.bytes.length === 0) return refuse(c, name, 'emptyBody');
      const receipt = await keep(metadataOf(c, name, messageType), decoded.bytes);
      meter.add('xiq_siem.receiver.bytes', decoded.bytes.length, { source: name });
      count(name, 202);
      return c.json({ receipt }, 202);
    } catch (cause) {
      if (!(cause instanceof ConnectorError)) throw cause;
      // The journal has logged its fault, once; here each refusal is counted.
      count(name, 503);
      const message = 'the body could not be kept: send again';
      return c.json({ error: cause.code, message }, 503, { 'retry-after': '5' });
    } finally {
      budget.give(body.bytes.length);
    }
  };

  const metadataOf = (c: WebhookContext, source: string, messageType: string | undefined): BodyMetadata => ({
    source,
    messageType,
    origin: 'webhook',
    receivedAtMs: now(),
    contentType: header(c, 'content-type')?.slice(0, 256),
    remoteAddress: c.env.incoming.socket.remoteAddress,
  });

  const app = new Hono<{ Bindings: HttpBindings }>();
  app.all('/webhooks/:source', receive);
  app.all('/webhooks/:source/:messageType', receive);
  app.notFound((c) => refuse(c, 'none', 'notFound'));
  app.onError((cause, c) => {
    log.error('webhook.failed', { reason: cause.message });
    count('none', 500);
    return c.json({ error: 'internal', message: 'the connector failed: send again' }, 500);
  });
  return app;
}
