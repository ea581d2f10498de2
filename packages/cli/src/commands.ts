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

const status = () => import('./status/status.ts');
const check = () => import('./check.ts');
const doctor = () => import('./doctor.ts');
const completeness = () => import('./completeness/completeness.ts');
const deadLetter = () => import('./dead-letters/show.ts');
const replay = () => import('./replay/replay.ts');
const backfill = () => import('./backfill/backfill.ts');
const jobs = () => import('./jobs/commands.ts');
const destination = () => import('./destination.ts');
const validate = () => import('./validate.ts');
const listAndPlan = () => import('./subscriptions/list-and-plan.ts');
const applyAndDelete = () => import('./subscriptions/apply-and-delete.ts');
const rotation = () => import('./subscriptions/rotate-secret.ts');

const groups: Readonly<Record<CommandEntry['group'], readonly Row[]>> = {
  Run: [['reload', 'Put a changed configuration into effect', async () => (await import('./reload.ts')).reloadCommand]],
  See: [
    ['status', 'Is anything lost, what is stuck, and what to do', async () => (await status()).statusCommand],
    ['trace', 'What became of a webhook or an event', async () => (await import('./trace/trace.ts')).traceCommand],
    ['tail', 'Documents as they are made', async () => (await import('./tail.ts')).tailCommand],
    ['check', 'Ask each destination whether it would take events', async () => (await check()).checkCommand],
    ['doctor', 'Send one marked event through all, and find it', async () => (await doctor()).doctorCommand],
    [
      'completeness',
      'Did what ExtremeCloud IQ logged reach the SIEM',
      async () => (await completeness()).completenessCommand,
    ],
    [
      'unmapped',
      'Fields that no mapping knows; no values',
      async () => (await import('./unmapped.ts')).unmappedCommand,
    ],
  ],
  Act: [
    ['dlq list', 'Dead letters, and why', async () => (await import('./dead-letters/list.ts')).listCommand],
    ['dlq show', 'One dead letter, with its document', async () => (await deadLetter()).showCommand],
    ['dlq retry', 'Send dead letters again', async () => (await import('./dead-letters/retry.ts')).retryCommand],
    ['dlq drop', 'Give dead letters up for good', async () => (await import('./dead-letters/drop.ts')).dropCommand],
    ['replay', 'Send a span again, by the mapping of today', async () => (await replay()).replayCommand],
    ['backfill', 'Fetch what did not come from ExtremeCloud IQ', async () => (await backfill()).backfillCommand],
    ['jobs list', 'Retries, replays and back-fills there are', async () => (await jobs()).jobsListCommand],
    ['jobs watch', 'Follow a job to its end', async () => (await jobs()).jobsWatchCommand],
    ['jobs cancel', 'End a job where it stands', async () => (await jobs()).jobsCancelCommand],
    ['destination resume', 'Try a destination now', async () => (await destination()).destinationResumeCommand],
    [
      'destination forget',
      'End a destination that was taken out',
      async () => (await destination()).destinationForgetCommand,
    ],
  ],
  Configure: [
    ['validate', 'Check a configuration: every fault with its place', async () => (await validate()).validateCommand],
    ['setup', 'Prepare a destination: templates, what it needs', async () => (await import('./setup.ts')).setupCommand],
    ['subscriptions list', 'Those at ExtremeCloud IQ, ours and foreign', async () => (await listAndPlan()).listCommand],
    ['subscriptions plan', 'How they differ from the configuration', async () => (await listAndPlan()).planCommand],
    ['subscriptions apply', 'Make them what the configuration says', async () => (await applyAndDelete()).applyCommand],
    ['subscriptions delete', 'Take ours away', async () => (await applyAndDelete()).deleteCommand],
    [
      'subscriptions rotate-secret',
      'A new secret, with no webhook refused',
      async () => (await rotation()).rotateSecretCommand,
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
