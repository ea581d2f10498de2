// Checks whether a server is ready.
import { readFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Launch } from './recipe.ts';

const timeoutMs = 3_000;

/** True where the readiness path returns the expected status; false for any other response, or none. */
export function isReady({ url, ready, credentials, caFile }: Launch): Promise<boolean> {
  const target = new URL(ready.path, url);
  const options = {
    agent: false,
    timeout: timeoutMs,
    ...(credentials && { auth: `${credentials.admin.username}:${credentials.admin.password}` }),
    ...(caFile && { ca: readFileSync(caFile) }),
  };
  return new Promise((resolve) => {
    const request = (target.protocol === 'https:' ? requestHttps : requestHttp)(target, options, (response) => {
      response.resume();
      response.once('close', () => resolve(response.statusCode === ready.status));
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
    request.once('close', () => resolve(false));
    request.end();
  });
}
