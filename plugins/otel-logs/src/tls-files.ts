// Our own certificate, where a server asks for one.
import { readFile } from 'node:fs/promises';
import { type AgentTls, ConnectorError, type DestinationContext } from '@xiq-siem/core';
import type { OtelLogsConfig } from './config.ts';

/** Throws a ConnectorError where a configured file cannot be read. */
export async function readTls(
  { certFile, keyFile, verifyTls }: Pick<OtelLogsConfig, 'certFile' | 'keyFile' | 'verifyTls'>,
  { resolvePath }: DestinationContext,
): Promise<AgentTls> {
  const pem = async (option: string, path: string) => {
    try {
      return await readFile(resolvePath(path), 'utf8');
    } catch (cause) {
      const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
      throw new ConnectorError('config_invalid', `${option} ${path} cannot be read${reason}: expected PEM`, { cause });
    }
  };
  return {
    ...(certFile === undefined ? {} : { cert: await pem('certFile', certFile) }),
    ...(keyFile === undefined ? {} : { key: await pem('keyFile', keyFile) }),
    ...(verifyTls ? {} : { rejectUnauthorized: false }),
  };
}
