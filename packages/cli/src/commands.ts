// Every command but `serve`, by group. Each is loaded when it is called for.
import type { Command } from './command.ts';

export interface CommandEntry {
  /** `dlq list`: a group of verbs has its name first. A group's `list` is what its name alone means. */
  readonly name: string;
  readonly group: 'Run' | 'See' | 'Act' | 'Configure' | 'Try';
  /** One line. */
  readonly summary: string;
  load(): Promise<Command>;
}

export const commands: readonly CommandEntry[] = [
  {
    ...{ name: 'reload', group: 'Run', summary: 'Put a changed configuration into effect' },
    load: async () => (await import('./reload.ts')).reloadCommand,
  },
  {
    ...{ name: 'status', group: 'See', summary: 'Is anything lost, what is stuck, and what to do' },
    load: async () => (await import('./status/status.ts')).statusCommand,
  },
  {
    ...{ name: 'trace', group: 'See', summary: 'What became of a webhook or an event' },
    load: async () => (await import('./trace/trace.ts')).traceCommand,
  },
  {
    ...{ name: 'tail', group: 'See', summary: 'Documents as they are made' },
    load: async () => (await import('./tail.ts')).tailCommand,
  },
  {
    ...{ name: 'check', group: 'See', summary: 'Ask each destination whether it would take events' },
    load: async () => (await import('./check.ts')).checkCommand,
  },
  {
    ...{ name: 'doctor', group: 'See', summary: 'Send one marked event through all, and find it' },
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  {
    ...{ name: 'completeness', group: 'See', summary: 'Did what ExtremeCloud IQ logged reach the SIEM' },
    load: async () => (await import('./completeness/completeness.ts')).completenessCommand,
  },
  {
    ...{ name: 'shapes', group: 'See', summary: 'Fields that no mapping knows; no values' },
    load: async () => (await import('./shapes.ts')).shapesCommand,
  },
  {
    ...{ name: 'dlq list', group: 'Act', summary: 'Dead letters, and why' },
    load: async () => (await import('./dead-letters/list.ts')).listCommand,
  },
  {
    ...{ name: 'dlq show', group: 'Act', summary: 'One dead letter, with its document' },
    load: async () => (await import('./dead-letters/show.ts')).showCommand,
  },
  {
    ...{ name: 'dlq retry', group: 'Act', summary: 'Send dead letters again' },
    load: async () => (await import('./dead-letters/retry.ts')).retryCommand,
  },
  {
    ...{ name: 'dlq drop', group: 'Act', summary: 'Give dead letters up for good' },
    load: async () => (await import('./dead-letters/drop.ts')).dropCommand,
  },
  {
    ...{ name: 'replay', group: 'Act', summary: 'Send a span again, by the mapping of today' },
    load: async () => (await import('./replay/replay.ts')).replayCommand,
  },
  {
    ...{ name: 'backfill', group: 'Act', summary: 'Fetch what did not come from ExtremeCloud IQ' },
    load: async () => (await import('./backfill/backfill.ts')).backfillCommand,
  },
  {
    ...{ name: 'jobs list', group: 'Act', summary: 'Retries, replays and back-fills there are' },
    load: async () => (await import('./jobs/list.ts')).jobsListCommand,
  },
  {
    ...{ name: 'jobs watch', group: 'Act', summary: 'Follow a job to its end' },
    load: async () => (await import('./jobs/watch.ts')).jobsWatchCommand,
  },
  {
    ...{ name: 'jobs cancel', group: 'Act', summary: 'End a job where it stands' },
    load: async () => (await import('./jobs/cancel.ts')).jobsCancelCommand,
  },
  {
    ...{ name: 'destination resume', group: 'Act', summary: 'Try a destination now' },
    load: async () => (await import('./destination.ts')).destinationResumeCommand,
  },
  {
    ...{ name: 'destination forget', group: 'Act', summary: 'End a destination that was taken out' },
    load: async () => (await import('./destination.ts')).destinationForgetCommand,
  },
  {
    ...{ name: 'validate', group: 'Configure', summary: 'Check a configuration: every fault with its place' },
    load: async () => (await import('./validate.ts')).validateCommand,
  },
  {
    ...{ name: 'setup', group: 'Configure', summary: 'Prepare a destination: templates, what it needs' },
    load: async () => (await import('./setup.ts')).setupCommand,
  },
  {
    ...{
      name: 'subscriptions list',
      group: 'Configure',
      summary: 'Those at ExtremeCloud IQ, ours and foreign',
    },
    load: async () => (await import('./subscriptions/list.ts')).listCommand,
  },
  {
    ...{ name: 'subscriptions plan', group: 'Configure', summary: 'How they differ from the configuration' },
    load: async () => (await import('./subscriptions/plan.ts')).planCommand,
  },
  {
    ...{ name: 'subscriptions apply', group: 'Configure', summary: 'Make them what the configuration says' },
    load: async () => (await import('./subscriptions/apply.ts')).applyCommand,
  },
  {
    ...{ name: 'subscriptions delete', group: 'Configure', summary: 'Take ours away' },
    load: async () => (await import('./subscriptions/delete.ts')).deleteCommand,
  },
  {
    ...{ name: 'subscriptions rotate-secret', group: 'Configure', summary: 'A new secret, with no webhook refused' },
    load: async () => (await import('./subscriptions/rotate-secret.ts')).rotateSecretCommand,
  },
  {
    ...{ name: 'simulate', group: 'Try', summary: 'Send webhooks as ExtremeCloud IQ would' },
    load: async () => (await import('./simulate.ts')).simulateCommand,
  },
  {
    ...{ name: 'version', group: 'Try', summary: 'The versions of the connector and of Node' },
    load: async () => (await import('./version.ts')).versionCommand,
  },
];
