// The admin API from its other end: each route as a typed call.
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { ConnectorError, exitCodes, isErrorCode, parseJson } from '@xiq-siem/core';
import type { z } from 'zod';
import type { AdminAddress } from './admin-file.ts';
import type { Route } from './route.ts';
import { refusal } from './routes/common.ts';
import { type Operations, operationsBy, routeOf } from './routes.ts';

/** Answers are bounded on our side too. */
const maxResponseBytes = 64 * 1024 * 1024;
/** A stream that says nothing for so long has died. */
const idleTimeoutMs = 60_000;

type ClientAddress = Pick<AdminAddress, 'url' | 'token'>;
type Input = Readonly<Record<string, unknown>>;

/**
 * Every route of a running connector as a call. Each rejects with a ConnectorError: `connector_unreachable` where
 * the connector does not respond, else with the code and the message of the refusal.
 */
export function connectAdmin(address: ClientAddress): Operations {
  return operationsBy(
    (name) => async (input, signal) => {
      const route = routeOf(name);
      return parsed(route.response, await textOf(address.url, await send(address, route, input, signal)));
    },
    (name) => (input, signal) => linesFrom(address, routeOf(name), input, signal),
  );
}

async function* linesFrom<Answer>(
  address: ClientAddress,
  route: Route<unknown, Answer>,
  input: Input,
  signal: AbortSignal,
): AsyncGenerator<Answer> {
  for await (const line of linesOf(address.url, await send(address, route, input, signal))) {
    const { success, data } = refusal.safeParse(parseJson(line));
    if (success) throw refusalError(data);
    yield parsed(route.response, line);
  }
}

/** Path, and what of the input does not stand in it. */
function placed(route: Route, input: Input): { readonly path: string; readonly rest: Input } {
  const rest: Record<string, unknown> = { ...input };
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, field: string) => {
    const value = encodeURIComponent(String(rest[field]));
    delete rest[field];
    return value;
  });
  return { path, rest };
}

function queryOf(rest: Input): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(rest)) if (value !== undefined) query.set(key, String(value));
  return query.size === 0 ? '' : `?${query}`;
}

async function send(
  { url, token }: ClientAddress,
  route: Route,
  input: Input,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { path, rest } = placed(route, input);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing: ClientRequest = request(
      url + path + (route.method === 'GET' ? queryOf(rest) : ''),
      {
        method: route.method,
        signal,
        timeout: idleTimeoutMs,
        headers: { authorization: `Bearer ${token.reveal()}`, 'content-type': 'application/json' },
      },
      resolve,
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('it said nothing for a minute')));
    outgoing.on('error', (cause) => reject(noResponse(url, cause)));
    outgoing.end(route.method === 'POST' ? JSON.stringify(rest) : undefined);
  });
  if (response.statusCode === 200) return response;
  throw refused(response.statusCode ?? 0, await textOf(url, response));
}

function noResponse(url: string, cause: Error): ConnectorError {
  return new ConnectorError('connector_unreachable', `the connector at ${url} does not answer (${cause.message})`, {
    cause,
  });
}

function refused(status: number, text: string): ConnectorError {
  const message = refusal.safeParse(parseJson(text)).data;
  if (message === undefined) return new ConnectorError('unexpected_response', `the connector returned HTTP ${status}`);
  return refusalError(message);
}

function refusalError({ error, message, exitCode }: z.output<typeof refusal>): ConnectorError {
  if (isErrorCode(error)) return new ConnectorError(error, message);
  const otherwise = error === 'internal' ? exitCodes.internal : exitCodes.protocol;
  return new ConnectorError({ code: error, exitCode: exitCode ?? otherwise }, message);
}

function parsed<Answer>(schema: z.ZodType<Answer>, text: string): Answer {
  const { success, data, error } = schema.safeParse(parseJson(text));
  if (success) return data;
  // A connector of another version answers by another schema.
  const [first] = error.issues;
  const where = first === undefined ? '' : ` (${first.path.join('.')}: ${first.message})`;
  throw new ConnectorError(
    'version_mismatch',
    `the connector's response does not match this version${where}: use one version`,
  );
}

async function textOf(url: string, response: IncomingMessage): Promise<string> {
  const chunks: string[] = [];
  let length = 0;
  for await (const chunk of chunksOf(url, response)) {
    length += chunk.length;
    if (length > maxResponseBytes) throw new ConnectorError('response_too_large', 'the response is too large');
    chunks.push(chunk);
  }
  return chunks.join('');
}

async function* linesOf(url: string, response: IncomingMessage): AsyncGenerator<string> {
  let begun: string[] = [];
  let length = 0;
  for await (const chunk of chunksOf(url, response)) {
    const [first = '', ...others] = chunk.split('\n');
    length += first.length;
    if (length > maxResponseBytes)
      throw new ConnectorError('response_too_large', 'a line of the response is too large');
    begun.push(first);
    const rest = others.pop();
    if (rest === undefined) continue;
    yield* [begun.join(''), ...others].filter((line) => line !== '');
    begun = [rest];
    length = rest.length;
  }
  const last = begun.join('');
  if (last !== '') yield last;
}

/** A connection that breaks in the midst is no answer either. */
async function* chunksOf(url: string, response: IncomingMessage): AsyncGenerator<string> {
  try {
    for await (const chunk of response.setEncoding('utf8')) yield String(chunk);
  } catch (cause) {
    throw noResponse(url, cause instanceof Error ? cause : new Error(String(cause)));
  }
}
