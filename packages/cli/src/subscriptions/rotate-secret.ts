// `xiq-siem subscriptions rotate-secret`: a new secret for our webhooks, with none of them refused on the way.
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
    help: 'how long the old secret stays when all have the new one (default 60; 600 where ExtremeCloud IQ shows no secrets)',
  },
  ...sourceOption,
} as const satisfies CommandOptions;

const maxGraceSeconds = 86_400;

const step = z.strictObject({
  did: z.enum(['added', 'resumed', 'accepted', 'told', 'put_first', 'waiting', 'dropped']),
  id: z.string().optional().describe('Of the subscription that was told.'),
  messageType: z.string().optional(),
  ms: z.number().optional().describe('How long the old secret stays.'),
  isSeen: z.boolean().optional().describe('Whether ExtremeCloud IQ showed that it has the new one everywhere.'),
});

const guide = z.strictObject({
  source: z.string(),
  steps: z.array(
    z.strictObject({ text: z.string(), state: z.enum(['done', 'open', 'unverifiable']), seen: z.string().optional() }),
  ),
});

export const rotateSecretCommand = defineCommand({
  text: `Give our subscriptions a new secret. Where it is managed by us: a new one is made and accepted, ExtremeCloud IQ is told of it, and the old one goes when all have the new one. At no moment is a webhook refused. Interrupted at any step, run it again: it goes on from there. Secrets are never printed.

Where the secret comes from the environment or a file, the steps are printed, and how far they are done.`,
  options,
  exits: {
    ok: 'rotated',
    undone: 'the secret is not managed: there are steps to do',
    usage: 'wrong arguments, or no subscriptions configured',
    ...apiExits,
    config: 'the configuration is at fault, or there is no secret to begin with',
  },
  json: {
    schema: step,
    lines: true,
    note: 'One line when a step is done.',
    instead: [{ when: 'Where the secret is not managed', schema: guide }],
  },
  async run({ values, session }) {
    const grace = values.grace === undefined ? undefined : wholeNumber('--grace', values.grace, 0, maxGraceSeconds);
    return onSubscriptions(values, session, async (opened) => {
      const { configuration, secrets } = opened;
      const running = await runningAt(configuration.resolvePath(configuration.dataDirectory));
      const askReceiver = running && receiverAsked(running.webhooks, opened);
      return secrets.kind === 'managed'
        ? rotate(opened, askReceiver, grace)
        : showGuide(opened, secrets.kind, askReceiver);
    });
  },
});

type AskReceiver = (secret: Secret) => Promise<boolean>;

function receiverAsked(webhooks: string | undefined, opened: OpenSubscriptions): AskReceiver {
  const { source, subscriptions, signal } = opened;
  const [messageType = ''] = subscriptions.messageTypes;
  if (webhooks === undefined) {
    throw new ConnectorError('not_running', 'the connector that runs is of an older version: start it anew');
  }
  return (secret) => acceptsSecret({ webhooks, source, messageType }, secret, signal);
}

async function rotate(
  { configuration, source, target, secrets, api, clock, log, signal, checkAgain, print, printJson }: OpenSubscriptions,
  askReceiver: AskReceiver | undefined,
  grace: number | undefined,
): Promise<number> {
  const { application, publicUrl } = target;
  using documents = openSharedDocuments(configuration.resolvePath(configuration.dataDirectory), log);
  const steps = rotateManaged(
    {
      target: { application, publicUrl },
      path: secrets.managedPath,
      source,
      documents,
      askReceiver,
      api,
      clock,
      log,
      ...(grace !== undefined && { graceMs: grace * 1000, unseenGraceMs: grace * 1000 }),
    },
    signal,
  );
  for await (const done of steps) {
    printJson(done.did === 'told' ? { ...done, messageType: shownText(done.messageType) } : done);
    print(messageOf(done));
  }
  await checkAgain();
  return exits.ok;
}

function messageOf(done: RotationStep): string {
  if (done.did === 'told') return `ExtremeCloud IQ was told of it: ${shownText(done.messageType)} (id ${done.id}).`;
  if (done.did === 'waiting') {
    const why = done.isSeen ? 'for webhooks that are under way' : 'since ExtremeCloud IQ does not show what it has';
    return `The old secret stays for ${duration(done.ms / 1000)}, ${why}. Ctrl-C is no harm: run this again.`;
  }
  return stepTexts[done.did];
}

const stepTexts = {
  added: 'A new secret was made, and is accepted beside the old one.',
  resumed: 'A rotation was begun before: it goes on.',
  accepted: 'Our receiver accepts the new secret.',
  put_first: 'The new secret is the first now.',
  dropped: 'The old secret is gone. Done.',
} as const;

async function showGuide(
  { source, target, secrets, api, signal, print, printJson }: OpenSubscriptions,
  kind: 'env' | 'file',
  askReceiver: AskReceiver | undefined,
): Promise<number> {
  if (askReceiver === undefined) {
    const message = 'this secret is not managed by us, and what is accepted can be seen at a running connector alone';
    throw new ConnectorError('not_running', `${message}: start it (xiq-siem serve), and run this again`);
  }
  const { application, publicUrl } = target;
  const asked = { source, kind, secrets: secrets.all.current(), target: { application, publicUrl } };
  const steps = await rotationGuide(asked, { api, accepted: askReceiver }, signal);
  printJson({ source, steps });
  print(`The secret of source ${source} is not managed by us. To rotate it:`);
  print(steps.map(shownStep).map(printable));
  return exits.undone;
}

const marks = { done: 'x', open: ' ', unverifiable: '?' } as const;
const shownStep = ({ text, state, seen }: GuideStep, index: number): string =>
  `[${marks[state]}] ${index + 1}. ${text}${seen === undefined ? '' : ` (${seen})`}`;
