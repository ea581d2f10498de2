// Every command but `serve`, by group. Each is loaded when it is called for.
import type { Command } from './command.ts';

const commandGroups = ['Run', 'See', 'Act', 'Configure', 'Try'] as const;

export interface CommandEntry {
  /** `dlq list`: a group of verbs has its name first. A group's `list` is what its name alone means. */
  readonly name: string;
  readonly group: (typeof commandGroups)[number];
  /** One line. */
  readonly summary: string;
  load(): Promise<Command>;
}

/** Name, one line, and the command. */
type Row = readonly [name: string, summary: string, load: () => Promise<Command>];

const groups: Readonly<Record<CommandEntry['group'], readonly Row[]>> = {
  Run: [['reload', 'Put a changed configuration into effect', async () => (await import('./reload.ts')).reloadCommand]],
  See: [
    [
      'status',
      'Is anything lost, what is stuck, and what to do',
      async () => (await import('./status/status.ts')).statusCommand,
    ],
    ['trace', 'What became of a webhook or an event', async () => (await import('./trace/trace.ts')).traceCommand],
    ['tail', 'Documents as they are made', async () => (await import('./tail.ts')).tailCommand],
    [
      'check',
      'Ask each destination whether it would take events',
      async () => (await import('./check.ts')).checkCommand,
    ],
    [
      'doctor',
      'Send one marked event through all, and find it',
      async () => (await import('./doctor.ts')).doctorCommand,
    ],
    [
      'completeness',
      'Did what ExtremeCloud IQ logged reach the SIEM',
      async () => (await import('./completeness/completeness.ts')).completenessCommand,
    ],
    ['shapes', 'Fields that no mapping knows; no values', async () => (await import('./shapes.ts')).shapesCommand],
  ],
  Act: [
    ['dlq list', 'Dead letters, and why', async () => (await import('./dead-letters/list.ts')).listCommand],
    [
      'dlq show',
      'One dead letter, with its document',
      async () => (await import('./dead-letters/show.ts')).showCommand,
    ],
    ['dlq retry', 'Send dead letters again', async () => (await import('./dead-letters/retry.ts')).retryCommand],
    ['dlq drop', 'Give dead letters up for good', async () => (await import('./dead-letters/drop.ts')).dropCommand],
    [
      'replay',
      'Send a span again, by the mapping of today',
      async () => (await import('./replay/replay.ts')).replayCommand,
    ],
    [
      'backfill',
      'Fetch what did not come from ExtremeCloud IQ',
      async () => (await import('./backfill/backfill.ts')).backfillCommand,
    ],
    [
      'jobs list',
      'Retries, replays and back-fills there are',
      async () => (await import('./jobs/commands.ts')).jobsListCommand,
    ],
    ['jobs watch', 'Follow a job to its end', async () => (await import('./jobs/commands.ts')).jobsWatchCommand],
    ['jobs cancel', 'End a job where it stands', async () => (await import('./jobs/commands.ts')).jobsCancelCommand],
    [
      'destination resume',
      'Try a destination now',
      async () => (await import('./destination.ts')).destinationResumeCommand,
    ],
    [
      'destination forget',
      'End a destination that was taken out',
      async () => (await import('./destination.ts')).destinationForgetCommand,
    ],
  ],
  Configure: [
    [
      'validate',
      'Check a configuration: every fault with its place',
      async () => (await import('./validate.ts')).validateCommand,
    ],
    ['setup', 'Prepare a destination: templates, what it needs', async () => (await import('./setup.ts')).setupCommand],
    [
      'subscriptions list',
      'Those at ExtremeCloud IQ, ours and foreign',
      async () => (await import('./subscriptions/list-and-plan.ts')).listCommand,
    ],
    [
      'subscriptions plan',
      'How they differ from the configuration',
      async () => (await import('./subscriptions/list-and-plan.ts')).planCommand,
    ],
    [
      'subscriptions apply',
      'Make them what the configuration says',
      async () => (await import('./subscriptions/apply-and-delete.ts')).applyCommand,
    ],
    [
      'subscriptions delete',
      'Take ours away',
      async () => (await import('./subscriptions/apply-and-delete.ts')).deleteCommand,
    ],
    [
      'subscriptions rotate-secret',
      'A new secret, with no webhook refused',
      async () => (await import('./subscriptions/rotate-secret.ts')).rotateSecretCommand,
    ],
  ],
  Try: [
    ['simulate', 'Send webhooks as ExtremeCloud IQ would', async () => (await import('./simulate.ts')).simulateCommand],
    ['version', 'The versions of the connector and of Node', async () => (await import('./version.ts')).versionCommand],
  ],
};

export const commands: readonly CommandEntry[] = commandGroups.flatMap((group) =>
  groups[group].map(([name, summary, load]) => ({ name, group, summary, load })),
);
