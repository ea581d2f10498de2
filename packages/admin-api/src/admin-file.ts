// Writes and reads admin.json: the address and the token of the running connector's admin API.
import { randomBytes } from 'node:crypto';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConnectorError, Secret } from '@xiq-siem/core';
import { z } from 'zod';

const adminFile = z.object({ url: z.url(), pid: z.int(), token: z.string().min(32), webhooks: z.url().optional() });

export function newAdminToken(): Secret {
  return new Secret(randomBytes(32).toString('base64url'));
}

export interface AdminAddress {
  /** URL of the admin listener, without a path. */
  readonly url: string;
  readonly token: Secret;
  /** URL of the webhook listener, without a path; undefined if an older version wrote the file. */
  readonly webhooks: string | undefined;
}

export async function writeAdminFile(path: string, { url, webhooks, token }: AdminAddress): Promise<void> {
  await rm(path, { force: true });
  await using file = await open(path, 'wx', 0o600);
  await file.writeFile(`${JSON.stringify({ url, webhooks, pid: process.pid, token: token.reveal() })}\n`);
}

/** @throws ConnectorError `not_running` (exit 69) if no connector runs on this data directory. */
export async function readAdminFile(dataDirectory: string): Promise<AdminAddress> {
  const path = join(dataDirectory, 'admin.json');
  try {
    const { url, token, webhooks } = adminFile.parse(JSON.parse(await readFile(path, 'utf8')));
    return { url, token: new Secret(token), webhooks };
  } catch (cause) {
    throw new ConnectorError('not_running', `no connector runs on ${dataDirectory}: start it, and run this again`, {
      cause,
    });
  }
}
