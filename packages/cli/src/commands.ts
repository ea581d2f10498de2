// The table of all commands but `serve`, by group. Each is loaded when it is called.
import type { Command } from './command.ts';

const commandGroups = ['Run', 'Inspect', 'Operate', 'Configure', 'Other'] as const;

export interface CommandEntry {
  /** `dlq list`: a name of two words begins with its group. The group's name alone runs its `list`. */
  readonly name: string;
  readonly group: (typeof commandGroups)[number];
  /** One line. */
  readonly summary: string;
  load(): Promise<Command>;
}

type Row = readonly [name: string, summary: string, load: () => Promise<Command>];

const status = () => import('./status/status.ts');
const trace = () => import('./trace/trace.ts');
const check = () => import('./check.ts');
const doctor = () => import('./doctor.ts');
const completeness = () => import('./completeness/completeness.ts');
const unmapped = () => import('./unmapped.ts');
const deadLetters = () => import('./dead-letters/list.ts');
const deadLetter = () => import('./dead-letters/show.ts');
const replay = () => import('./replay/replay.ts');
const backfill = () => import('./backfill/backfill.ts');
const jobs = () => import('./jobs/commands.ts');
const destination = () => import('./destination.ts');
const simulate = () => import('./simulate.ts');
const version = () => import('./version.ts');
const validate = () => import('./validate.ts');
const setup = () => import('./setup.ts');
const listAndPlan = () => import('./subscriptions/list-and-plan.ts');
const applyAndDelete = () => import('./subscriptions/apply-and-delete.ts');
const rotation = () => import('./subscriptions/rotate-secret.ts');

const groups: Readonly<Record<CommandEntry['group'], readonly Row[]>> = {
  Run: [['reload', 'Apply a changed configuration', async () => (await import('./reload.ts')).reloadCommand]],
  Inspect: [
    ['status', 'Show losses, problems and what to do', async () => (await status()).statusCommand],
    ['trace', 'Show what happened to a request or an event', async () => (await trace()).traceCommand],
    ['tail', 'Show documents as they are created', async () => (await import('./tail.ts')).tailCommand],
    ['check', 'Check that each destination accepts events', async () => (await check()).checkCommand],
    ['doctor', 'Send a test event and find it at destinations', async () => (await doctor()).doctorCommand],
    [
      'completeness',
      'Compare the logs of ExtremeCloud IQ with the SIEM',
      async () => (await completeness()).completenessCommand,
    ],
    ['unmapped', 'List fields that the mapping does not know', async () => (await unmapped()).unmappedCommand],
  ],
  Operate: [
    ['dlq list', 'List dead letters and their reasons', async () => (await deadLetters()).listCommand],
    ['dlq show', 'Show one dead letter with its document', async () => (await deadLetter()).showCommand],
    ['dlq retry', 'Send dead letters again', async () => (await import('./dead-letters/retry.ts')).retryCommand],
    ['dlq drop', 'Discard dead letters permanently', async () => (await import('./dead-letters/drop.ts')).dropCommand],
    ['replay', 'Send stored events again with the current mapping', async () => (await replay()).replayCommand],
    ['backfill', 'Fetch missing events from ExtremeCloud IQ', async () => (await backfill()).backfillCommand],
    ['jobs list', 'List retries, replays and back-fills', async () => (await jobs()).jobsListCommand],
    ['jobs watch', 'Follow a job until it ends', async () => (await jobs()).jobsWatchCommand],
    ['jobs cancel', 'Cancel a job', async () => (await jobs()).jobsCancelCommand],
    ['destination resume', 'Retry a destination now', async () => (await destination()).destinationResumeCommand],
    [
      'destination forget',
      'Remove a destination that is not configured',
      async () => (await destination()).destinationForgetCommand,
    ],
  ],
  Configure: [
    ['validate', 'Check a configuration and report every error', async () => (await validate()).validateCommand],
    ['setup', 'Create the templates that a destination needs', async () => (await setup()).setupCommand],
    ['subscriptions list', 'List subscriptions at ExtremeCloud IQ', async () => (await listAndPlan()).listCommand],
    ['subscriptions plan', 'Compare them with the configuration', async () => (await listAndPlan()).planCommand],
    ['subscriptions apply', 'Make them match the configuration', async () => (await applyAndDelete()).applyCommand],
    ['subscriptions delete', 'Delete those of this connector', async () => (await applyAndDelete()).deleteCommand],
    [
      'subscriptions rotate-secret',
      'Replace the webhook secret without downtime',
      async () => (await rotation()).rotateSecretCommand,
    ],
  ],
  Other: [
    ['simulate', 'Send test webhooks like ExtremeCloud IQ', async () => (await simulate()).simulateCommand],
    ['version', 'Show the versions of the connector and Node', async () => (await version()).versionCommand],
  ],
};

export const commands: readonly CommandEntry[] = commandGroups.flatMap((group) =>
  groups[group].map(([name, summary, load]) => ({ name, group, summary, load })),
);
