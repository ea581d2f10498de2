// For tests: sends one request and reads the whole response.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Login } from './recipe.ts';

export interface RequestOptions {
  readonly method?: string;
  /** A string is sent as is; anything else as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly login?: Login;
  readonly caFile?: string | undefined;
}

export interface Response {
  readonly status: number | undefined;
  readonly text: string;
}

/** @throws the error of node:http where there is no response. */
export async function sendRequest(url: string, options: RequestOptions = {}): Promise<Response> {
  const { body, login, caFile, contentType = 'application/json' } = options;
  const request = (url.startsWith('https:') ? requestHttps : requestHttp)(url, {
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    agent: false,
    timeout: 30_000,
    ...(body !== undefined && { headers: { 'content-type': contentType } }),
    ...(login && { auth: `${login.username}:${login.password}` }),
    ...(caFile && { ca: readFileSync(caFile) }),
  });
  request.once('timeout', () => request.destroy(new Error(`${url} did not respond in time`)));
  request.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
  const [response] = await once(request, 'response');
  return { status: response.statusCode, text: await text(response) };
}
