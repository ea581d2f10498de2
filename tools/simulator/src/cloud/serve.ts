// Runs the cloud as a process until Ctrl-C.
import { once } from 'node:events';
import { stdout } from 'node:process';
import { UsageError } from '../options.ts';
import type { XiqCloudSettings } from './options.ts';
import { parseServeOptions, serveHelp } from './serve-options.ts';
import { startXiqCloud, type XiqCloud } from './xiq-cloud.ts';

/** Resolves at SIGINT or SIGTERM. Throws a UsageError. */
export async function serve(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const options = parseServeOptions(args, environment);
  if (options === 'help') {
    stdout.write(`${serveHelp}\n`);
    return;
  }
  const cloud = await started(options.cloud);
  const [username = ''] = cloud.accounts;
  const line = options.json
    ? JSON.stringify({ url: cloud.url, username })
    : `listening on ${cloud.url}, account ${username}`;
  stdout.write(`${line}\n`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await cloud.close();
}

async function started(settings: XiqCloudSettings): Promise<XiqCloud> {
  try {
    return await startXiqCloud(settings);
  } catch (error) {
    throw new UsageError(`--port: ${error instanceof Error ? error.message : settings.port}`);
  }
}
