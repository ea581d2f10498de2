// One request and its whole answer, for our tests.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Login } from './recipe.ts';

export interface Question {
  readonly method?: string;
  /** Text as it is; anything else as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly login?: Login;
  readonly caFile?: string | undefined;
}

export interface Answer {
  readonly status: number | undefined;
  readonly text: string;
}

/** @throws what node:http throws when there is no answer. */
export async function ask(url: string, question: Question = {}): Promise<Answer> {
  const { body, login, caFile, contentType = 'application/json' } = question;
  const request = (url.startsWith('https:') ? requestHttps : requestHttp)(url, {
    method: question.method ?? (body === undefined ? 'GET' : 'POST'),
    agent: false,
    timeout: 30_000,
    ...(body !== undefined && { headers: { 'content-type': contentType } }),
    ...(login && { auth: `${login.username}:${login.password}` }),
    ...(caFile && { ca: readFileSync(caFile) }),
  });
  request.once('timeout', () => request.destroy(new Error(`${url} did not answer in time`)));
  request.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
  const [response] = await once(request, 'response');
  return { status: response.statusCode, text: await text(response) };
}
