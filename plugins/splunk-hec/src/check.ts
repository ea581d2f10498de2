// Asks whether the event collector would take events, without sending one, and says it in words.
import type { CheckResult } from '@xiq-siem/core';
import type { SplunkHecConfig } from './config.ts';
import { readAnswer } from './hec-answer.ts';
import { type HecClient, newChannel } from './hec-client.ts';
import type { Routes } from './routes.ts';

export async function checkHec(
  { url, ack }: SplunkHecConfig,
  client: HecClient,
  routes: Routes,
  signal: AbortSignal,
): Promise<CheckResult> {
  const no = (message: string): CheckResult => ({ ok: false, message: `${url}: ${message}` });

  const health = await client.health(signal);
  const isDown = health.kind === 'failed' || health.status >= 500;
  const healthAnswer = readAnswer(health, { nowMs: 0, redact: (text) => text });
  if (isDown && healthAnswer.action !== 'taken') return no(healthAnswer.message);
  for (const [number, token] of routes.tokens.entries()) {
    const which = routes.tokens.length === 1 ? 'the token' : `token ${number + 1} of ${routes.tokens.length}`;
    const channel = ack ? newChannel() : undefined;
    const answer = await client.post(token, channel, [], signal);
    // An empty request that is refused for being empty has passed everything else.
    if (answer.action !== 'taken' && answer.code !== 'no_data') {
      const isOfToken = answer.action === 'holdToken' && answer.code !== 'no_token';
      return no(isOfToken || routes.tokens.length > 1 ? `${which}: ${answer.message}` : answer.message);
    }
    if (channel === undefined) continue;
    const reply = await client.acks(token, channel, [0], signal);
    if (reply.kind === 'disabled') return no(`${which} allows no acknowledgement: set ack: false, or turn it on`);
    if (reply.kind === 'none') return no(`${which}: no answer about acknowledgements: ${reply.message}`);
  }
  const named = routes.indexes.filter((index) => index !== undefined).map((index) => `"${index}"`);
  const open =
    named.length === 0 ? '' : `; whether it may write to index ${named.join(', ')} shows with the first event`;
  return { ok: true, message: `${url} is there and takes the token${routes.tokens.length > 1 ? 's' : ''}${open}` };
}
