// For tests: an admin listener with operations that the test defines.
import { type AdminChange, connectAdmin, type Operations, refusingOperations } from '@xiq-siem/admin-api';
import { ConnectorError, Secret } from '@xiq-siem/core';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { listen } from '../http/listen.ts';
import { type AdminOptions, adminApp } from './admin.ts';

const refusing = refusingOperations(() => Promise.reject(new ConnectorError('usage', 'not in this test')));

export const token = 't0ken-of-the-test';

export async function serveOperations(operations: Partial<Operations>, more: Partial<AdminOptions> = {}) {
  const changes: AdminChange[] = [];
  const log = createRecordingLogger();
  const app = adminApp({
    token: new Secret(token),
    log,
    version: '1.2.3',
    operations: { ...refusing, ...operations },
    changed: (change) => void changes.push(change),
    readiness: () => ({ reasons: [], information: {} }),
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }),
    ...more,
  });
  const listening = await listen(app.fetch, {
    name: 'admin',
    host: '127.0.0.1',
    port: 0,
    onClientError: () => {},
    headersTimeoutMs: 10_000,
    requestTimeoutMs: 10_000,
    maxConnections: 100,
  });
  return {
    url: listening.url,
    changes,
    log,
    client: connectAdmin({ url: listening.url, token: new Secret(token) }),
    [Symbol.asyncDispose]: () => listening.close(0),
  };
}
