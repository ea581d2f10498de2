// Asks the running connector over its admin listener.
import { request } from 'node:http';
import { ConnectorError } from '@xiq-siem/core';
import { z } from 'zod';
import { type AdminAddress, readAdminFile } from '../admin-file.ts';
import { configurationError, loadConfiguration } from '../config/load.ts';
import { registry } from '../registry.ts';

const refusal = z.object({ message: z.string() });
const timeoutMs = 30_000;

/**
 * Posts to the connector that runs with this configuration.
 * @throws ConnectorError `not_running` where it does not run, `usage` with its words where it refuses.
 */
export async function postToConnector(file: string | undefined, path: string): Promise<void> {
  const loaded = await loadConfiguration(file, registry);
  if (!loaded.ok) throw configurationError(loaded.faults);
  const { resolvePath, dataDirectory } = loaded.configuration;
  const { status, text } = await post(await readAdminFile(resolvePath(dataDirectory)), path);
  if (status === 200) return;
  throw new ConnectorError(
    'usage',
    refusal.safeParse(JSON.parse(text)).data?.message ?? `the connector answered ${status}`,
  );
}

function post({ url, token }: AdminAddress, path: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers: { authorization: `Bearer ${token.reveal()}` }, timeout: timeoutMs };
    const outgoing = request(url + path, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('it did not answer')));
    outgoing.on('error', (cause) => {
      reject(
        new ConnectorError('not_running', `the connector at ${url} does not answer (${cause.message})`, { cause }),
      );
    });
    outgoing.end();
  });
}
