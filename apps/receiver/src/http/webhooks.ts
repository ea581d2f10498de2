// Receives webhooks: route, limit the size, authenticate the raw bytes, decode, store, and only then respond 202.
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
import type { RefusedRequests } from './refused-requests.ts';

export const receiverMetrics = {
  'xiq_siem.receiver.requests': {
    help: 'Requests to a webhook path, by HTTP status. 202: the body is stored on disk.',
    unit: '{request}',
    attributes: ['source', 'status'],
  },
  'xiq_siem.receiver.bytes': { help: 'Decoded bytes of stored bodies.', unit: 'By', attributes: ['source'] },
  'xiq_siem.receiver.refused_credentials': {
    help: 'Requests with missing or wrong credentials.',
    unit: '{request}',
    attributes: ['source'],
  },
  'xiq_siem.receiver.authenticated': {
    help: 'Authenticated requests, by the form of their credentials.',
    unit: '{request}',
    attributes: ['source', 'form'],
  },
  'xiq_siem.receiver.aborted': {
    help: 'Requests that the sender closed before the body was complete.',
    unit: '{request}',
    attributes: ['source'],
  },
} as const satisfies MetricTable;

export interface WebhookOptions {
  /** By the current configuration. */
  sources(): ReadonlyMap<string, ReceivingSource>;
  readonly maxBodyBytes: number;
  readonly budget: ByteBudget;
  readonly refused: RefusedCredentials;
  /** Counts and logs every refused webhook. */
  readonly refusedRequests: RefusedRequests;
  /** Whether a request is the connector's own check of the public URL: it gets 401 and is not counted as a refusal. */
  isSelfCheck?(header: (name: string) => string | undefined): boolean;
  /** Resolves with the receipt when the body is synced to disk. */
  store(metadata: BodyMetadata, bytes: Uint8Array): Promise<string>;
  /** True once the connector shuts down. */
  stopping(): boolean;
  readonly now: () => number;
  readonly log: Logger;
  readonly meter: Meter<keyof typeof receiverMetrics>;
}

const noBytes = new Uint8Array();

type WebhookContext = Context<{ Bindings: HttpBindings }>;

/** Reads node's own headers. Those of the Request object are built per request, at the cost of all the rest here. */
function header({ env: { incoming } }: WebhookContext, name: string): string | undefined {
  const value = incoming.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

const addressOf = ({ env: { incoming } }: WebhookContext): string => incoming.socket.remoteAddress ?? 'unknown';

/** The attribute `source` of a request to an unknown path. */
const noSource = 'none';

/** Every response but 202: status, code and message. */
const refusals = {
  emptyBody: [400, 'empty_body', 'the body is empty'],
  invalidGzip: [400, 'invalid_gzip', 'content-encoding is gzip, but the body is not valid gzip'],
  unauthorized: [401, 'unauthorized', 'the credentials are missing or wrong'],
  notFound: [404, 'not_found', 'unknown path or source: POST to /webhooks/<source>/<MESSAGE_TYPE>'],
  method: [405, 'method_not_allowed', 'send webhooks by POST'],
  tooLarge: [413, 'body_too_large', 'the body is larger than maxBodyBytes'],
  encoding: [415, 'unsupported_encoding', 'content-encoding must be gzip or identity'],
  tooMany: [429, 'too_many_refusals', 'too many requests from this address had missing or wrong credentials'],
  secretUnavailable: [503, 'secret_unavailable', 'the secret of this source cannot be read: retry'],
  overloaded: [503, 'overloaded', 'too many bytes are in flight: retry'],
  stopping: [503, 'stopping', 'the connector is shutting down: retry'],
} as const satisfies Record<string, readonly [status: number, code: string, message: string]>;

export function webhookApp(options: WebhookOptions): Hono<{ Bindings: HttpBindings }> {
  const { sources, maxBodyBytes, budget, refused, refusedRequests, store, stopping, now, log, meter } = options;

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
    if (isWebhook(c, kind)) {
      const { path } = c.req;
      const known = source === noSource ? undefined : source;
      refusedRequests.add({ source: known, path, status, code: error, address: addressOf(c) });
    }
    return c.json({ error, message }, status, headers);
  };

  /** A sender of webhooks, which does not send them again. */
  const isWebhook = (c: WebhookContext, kind: keyof typeof refusals): boolean => {
    // With valid credentials and without a body nothing is lost: `rotate-secret` asks so whether a secret is accepted.
    if (kind === 'stopping' || kind === 'emptyBody' || c.req.method !== 'POST') return false;
    if (kind === 'notFound') return /json/i.test(header(c, 'content-type') ?? '');
    return kind !== 'unauthorized' || options.isSelfCheck?.((name) => header(c, name)) !== true;
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
    const waitSeconds = refused.refuse(name, addressOf(c));
    if (waitSeconds !== undefined) return refuse(c, name, 'tooMany', { 'retry-after': String(waitSeconds) });
    return unauthorized();
  };

  const receive = async (c: WebhookContext): Promise<Response> => {
    const name = c.req.param('source') ?? '';
    const receiving = sources().get(name);
    const messageType = c.req.param('messageType');
    if (receiving === undefined || (messageType !== undefined && !receiving.source.accepts(messageType))) {
      return refuse(c, noSource, 'notFound');
    }
    if (c.req.method !== 'POST') return refuse(c, name, 'method', { allow: 'POST' });
    if (stopping()) return refuse(c, name, 'stopping', { 'retry-after': '5', connection: 'close' });

    // Not 401: the sender may be right.
    if (receiving.secrets.current().length === 0) {
      return refuse(c, name, 'secretUnavailable', { 'retry-after': '5', connection: 'close' });
    }
    const early = receiving.source.authenticatesBy === 'headers' ? authenticate(c, receiving, noBytes) : undefined;
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
      if (decoded.kind === 'invalid') return refuse(c, name, 'invalidGzip');
      if (decoded.bytes.length === 0) return refuse(c, name, 'emptyBody');
      const receipt = await store(metadataOf(c, name, messageType), decoded.bytes);
      meter.add('xiq_siem.receiver.bytes', decoded.bytes.length, { source: name });
      count(name, 202);
      return c.json({ receipt }, 202);
    } catch (cause) {
      if (!(cause instanceof ConnectorError)) throw cause;
      // The journal has logged the failure.
      count(name, 503);
      const message = 'the body could not be stored: retry';
      return c.json({ error: cause.code, message }, 503, { 'retry-after': '5' });
    } finally {
      budget.release(body.bytes.length);
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
  app.notFound((c) => refuse(c, noSource, 'notFound'));
  app.onError((cause, c) => {
    log.error('webhook.request_failed', { error: cause.message });
    count(noSource, 500);
    return c.json({ error: 'internal', message: 'internal error: retry' }, 500);
  });
  return app;
}
