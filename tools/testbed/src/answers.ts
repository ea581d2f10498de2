// Asks a server whether it is there.
import { readFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Launch } from './recipe.ts';

const patienceMs = 3_000;

/** True when the server answers its readiness question as it should; false for any other answer, or none. */
export function answers({ url, ready, credentials, caFile }: Launch): Promise<boolean> {
  const target = new URL(ready.path, url);
  const options = {
    agent: false,
    timeout: patienceMs,
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
