// The client of the admin API: each route is a typed call.
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { ConnectorError, exitCodes, isErrorCode, parseJson } from '@xiq-siem/core';
import type { z } from 'zod';
import type { AdminAddress } from './admin-file.ts';
import type { Route } from './route.ts';
import { errorResponse } from './routes/common.ts';
import { type Operations, operationsBy, routeOf } from './routes.ts';

/** Limit of a response, and of a line of a stream. */
const maxResponseBytes = 64 * 1024 * 1024;
/** Without data for this time, including keep-alive lines, a connection is closed. */
const idleTimeoutMs = 60_000;

type ClientAddress = Pick<AdminAddress, 'url' | 'token'>;
type Input = Readonly<Record<string, unknown>>;

/**
 * Every route of a running connector as a call. A call rejects with a ConnectorError: `connector_unreachable`, or the
 * code and the message of the connector's error response.
 */
export function connectAdmin(address: ClientAddress): Operations {
  return operationsBy(
    (name) => async (input, signal) => {
      const route = routeOf(name);
      return parsed(route.response, await textOf(address.url, await sendRequest(address, route, input, signal)));
    },
    (name) => (input, signal) => callStream(address, routeOf(name), input, signal),
  );
}

async function* callStream<Output>(
  address: ClientAddress,
  route: Route<unknown, Output>,
  input: Input,
  signal: AbortSignal,
): AsyncGenerator<Output> {
  for await (const line of linesOf(address.url, await sendRequest(address, route, input, signal))) {
    const { success, data } = errorResponse.safeParse(parseJson(line));
    if (success) throw errorOf(data);
    yield parsed(route.response, line);
  }
}

/** The path with its fields, and the other fields of the input. */
function splitInput(route: Route, input: Input): { readonly path: string; readonly rest: Input } {
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

async function sendRequest(
  { url, token }: ClientAddress,
  route: Route,
  input: Input,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { path, rest } = splitInput(route, input);
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
    outgoing.on('timeout', () => outgoing.destroy(new Error('no data for 60 seconds')));
    outgoing.on('error', (cause) => reject(noResponse(url, cause)));
    outgoing.end(route.method === 'POST' ? JSON.stringify(rest) : undefined);
  });
  if (response.statusCode === 200) return response;
  throw failedResponse(response.statusCode ?? 0, await textOf(url, response));
}

function noResponse(url: string, cause: Error): ConnectorError {
  return new ConnectorError('connector_unreachable', `the connector at ${url} does not respond (${cause.message})`, {
    cause,
  });
}

function failedResponse(status: number, text: string): ConnectorError {
  const error = errorResponse.safeParse(parseJson(text)).data;
  if (error === undefined) return new ConnectorError('unexpected_response', `the connector returned HTTP ${status}`);
  return errorOf(error);
}

function errorOf({ error, message, exitCode }: z.output<typeof errorResponse>): ConnectorError {
  if (isErrorCode(error)) return new ConnectorError(error, message);
  const otherwise = error === 'internal' ? exitCodes.internal : exitCodes.protocol;
  return new ConnectorError({ code: error, exitCode: exitCode ?? otherwise }, message);
}

function parsed<Output>(schema: z.ZodType<Output>, text: string): Output {
  const { success, data, error } = schema.safeParse(parseJson(text));
  if (success) return data;
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
  let partial: string[] = [];
  let length = 0;
  for await (const chunk of chunksOf(url, response)) {
    const [first = '', ...others] = chunk.split('\n');
    length += first.length;
    if (length > maxResponseBytes)
      throw new ConnectorError('response_too_large', 'a line of the response is too large');
    partial.push(first);
    const rest = others.pop();
    if (rest === undefined) continue;
    yield* [partial.join(''), ...others].filter((line) => line !== '');
    partial = [rest];
    length = rest.length;
  }
  const last = partial.join('');
  if (last !== '') yield last;
}

/** A connection that breaks during a response is `connector_unreachable` too. */
async function* chunksOf(url: string, response: IncomingMessage): AsyncGenerator<string> {
  try {
    for await (const chunk of response.setEncoding('utf8')) yield String(chunk);
  } catch (cause) {
    throw noResponse(url, cause instanceof Error ? cause : new Error(String(cause)));
  }
}
