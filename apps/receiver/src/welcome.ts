// What `serve` prints when it listens: where, a first webhook to paste, and what each destination says.
import { relative } from 'node:path';
import { printable } from '@xiq-siem/cli';
import type { Configuration } from '@xiq-siem/config';
import { managedSecretPath } from '@xiq-siem/config';
import type { SourceSecretReference } from '@xiq-siem/core';
import type { DestinationCheck } from '@xiq-siem/pipeline';
import type { Connector } from './connector.ts';

/** One of the vendor's own example bodies. */
const exampleBody =
  '[{"ownerId":1091,"orgId":0,"timeStamp":1636337187553,"id":null,"userId":6553,"code":10001,"category":1,"description":"Logged in with privileges of admin group Administrator","userName":"user@extremecloudiq.com","vhmName":"USER-VHM"}]';

export function welcome(
  { sources, resolvePath }: Configuration,
  { url, adminUrl, secretsDirectory }: Connector,
  checks: readonly DestinationCheck[],
): string {
  const lines = [`Webhooks: ${url}/webhooks/<source>/<MESSAGE_TYPE>    Readiness: ${adminUrl}/readyz`];
  for (const { name, type, ok, message } of checks) {
    lines.push(`Destination ${name} (${type}): ${ok ? '' : 'NOT READY: '}${printable(message)}`);
  }
  for (const { name, secrets } of sources) {
    const [first] = secrets;
    if (first === undefined) continue;
    const secret = shellSecret(first.reference, managedSecretPath(secretsDirectory, name), resolvePath);
    lines.push(
      `\nA first webhook for source ${name}:\n`,
      `curl -u "xiq:${secret}" -H 'content-type: application/json' -d '${exampleBody}' ${url}/webhooks/${name}/AUDIT_LOG_ALL\n`,
    );
  }
  return lines.join('\n');
}

/** The secret as a shell reads it from where it is kept, so that it is never shown. */
function shellSecret(
  reference: SourceSecretReference,
  managedPath: string,
  resolvePath: (path: string) => string,
): string {
  if ('env' in reference) return `$${reference.env}`;
  const path = 'file' in reference ? resolvePath(reference.file) : managedPath;
  const fromHere = relative(process.cwd(), path);
  const shortest = fromHere.length < path.length ? fromHere : path;
  return `$(head -n 1 '${shortest.replaceAll("'", `'\\''`)}')`;
}
