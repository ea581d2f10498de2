// `xiq-siem subscriptions rotate-secret`: rotates the webhook secret without a rejected webhook.
import { ConnectorError, type Secret } from '@xiq-siem/core';
import { openSharedDocuments } from '@xiq-siem/state';
import {
  acceptsSecret,
  type GuideStep,
  type RotationStep,
  rotateManaged,
  rotationGuide,
  shownText,
} from '@xiq-siem/xiq-account';
import { z } from 'zod';
import { type CommandOptions, wholeNumber } from '../arguments.ts';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { runningAt } from '../open-operations.ts';
import { printable } from '../terminal/printable.ts';
import { duration } from '../terminal/units.ts';
import { apiExits, type OpenSubscriptions, onSubscriptions, sourceOption } from './on-subscriptions.ts';

const options = {
  grace: {
    type: 'string',
    value: 'SECONDS',
    help: 'how long the old secret stays valid after the update (default 60; 600 if ExtremeCloud IQ shows no secrets)',
  },
  ...sourceOption,
} as const satisfies CommandOptions;

const maxGraceSeconds = 86_400;

const step = z.strictObject({
  action: z.enum(['added', 'resumed', 'accepted', 'updated', 'promoted', 'waiting', 'removed']),
  id: z.string().optional().describe('The updated subscription.'),
  messageType: z.string().optional(),
  ms: z.number().optional().describe('How long the old secret stays valid.'),
  verified: z.boolean().optional().describe('Whether all subscriptions show the new secret.'),
});

const guide = z.strictObject({
  source: z.string(),
  steps: z.array(
    z.strictObject({
      text: z.string(),
      state: z.enum(['done', 'open', 'unverifiable']),
      detail: z.string().optional(),
    }),
  ),
});

export const rotateSecretCommand = defineCommand({
  text: `Rotate the secret of our subscriptions. If the connector manages the secret, the command creates a new one, makes the receiver accept it, updates the subscriptions, and then removes the old secret. No webhook is rejected during the rotation. After an interruption, run the command again: it resumes at the same step. It never prints a secret.

If the secret is in the environment or in a file, the command prints the steps to do and their state.`,
  options,
  exits: {
    ok: 'rotated',
    undone: 'the connector does not manage the secret: the printed steps remain',
    usage: 'wrong arguments, or no subscriptions configured',
    ...apiExits,
    protocol: `${apiExits.protocol}, or the running connector has another version`,
    config: 'the configuration is invalid, or there is no secret yet',
  },
  json: {
    schema: step,
    lines: true,
    note: 'One line per finished step.',
    instead: [{ when: 'If the connector does not manage the secret', schema: guide }],
  },
  async run({ values, session }) {
    const grace = values.grace === undefined ? undefined : wholeNumber('--grace', values.grace, 0, maxGraceSeconds);
    return onSubscriptions(values, session, async (opened) => {
      const { configuration, secrets } = opened;
      const running = await runningAt(configuration.resolvePath(configuration.dataDirectory));
      const receiverAccepts = running && receiverCheck(running.webhooks, opened);
      return secrets.kind === 'managed'
        ? rotate(opened, receiverAccepts, grace)
        : showGuide(opened, secrets.kind, receiverAccepts);
    });
  },
});

type ReceiverAccepts = (secret: Secret) => Promise<boolean>;

function receiverCheck(webhooks: string | undefined, opened: OpenSubscriptions): ReceiverAccepts {
  const { source, subscriptions, signal } = opened;
  const [messageType = ''] = subscriptions.messageTypes;
  if (webhooks === undefined) {
    const message = 'the running connector has an older version: restart it with this version';
    throw new ConnectorError('version_mismatch', message);
  }
  return (secret) => acceptsSecret({ webhooks, source, messageType }, secret, signal);
}

async function rotate(
  { configuration, source, target, secrets, api, clock, log, signal, checkAgain, print, printJson }: OpenSubscriptions,
  receiverAccepts: ReceiverAccepts | undefined,
  grace: number | undefined,
): Promise<number> {
  const { application, publicUrl, alerts } = target;
  using documents = openSharedDocuments(configuration.resolvePath(configuration.dataDirectory), log);
  const steps = rotateManaged(
    {
      target: { application, publicUrl, alerts },
      path: secrets.managedPath,
      source,
      documents,
      receiverAccepts,
      api,
      clock,
      log,
      ...(grace !== undefined && { graceMs: grace * 1000, unseenGraceMs: grace * 1000 }),
    },
    signal,
  );
  for await (const done of steps) {
    printJson(done.action === 'updated' ? { ...done, messageType: shownText(done.messageType) } : done);
    print(messageOf(done));
  }
  await checkAgain();
  return exits.ok;
}

function messageOf(done: RotationStep): string {
  if (done.action === 'updated') return `Subscription updated: ${shownText(done.messageType)} (id ${done.id}).`;
  if (done.action === 'waiting') {
    const why = done.verified ? 'for webhooks in transit' : 'because ExtremeCloud IQ does not show secrets';
    const time = duration(done.ms / 1000);
    return `The old secret stays valid for ${time}, ${why}. You can press Ctrl-C safely and run this again.`;
  }
  return stepTexts[done.action];
}

const stepTexts = {
  added: 'New secret created, in addition to the old one.',
  resumed: 'An earlier rotation was not finished: resuming it.',
  accepted: 'The receiver accepts the new secret.',
  promoted: 'The new secret is now the first one.',
  removed: 'Old secret removed. Done.',
} as const;

async function showGuide(
  { source, target, secrets, api, signal, print, printJson }: OpenSubscriptions,
  kind: 'env' | 'file',
  receiverAccepts: ReceiverAccepts | undefined,
): Promise<number> {
  if (receiverAccepts === undefined) {
    const message = 'the connector does not manage this secret, and only a running connector can tell what it accepts';
    throw new ConnectorError('not_running', `${message}: start it (xiq-siem serve), then run this again`);
  }
  const { application, publicUrl, alerts } = target;
  const guided = { source, kind, secrets: secrets.all.current(), target: { application, publicUrl, alerts } };
  const steps = await rotationGuide(guided, { api, accepted: receiverAccepts }, signal);
  printJson({ source, steps });
  print(`The connector does not manage the secret of source ${source}. To rotate it:`);
  print(steps.map(shownStep).map(printable));
  return exits.undone;
}

const marks = { done: 'x', open: ' ', unverifiable: '?' } as const;
const shownStep = ({ text, state, detail }: GuideStep, index: number): string =>
  `[${marks[state]}] ${index + 1}. ${text}${detail === undefined ? '' : ` (${detail})`}`;
