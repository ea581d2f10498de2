// The command line of the oracle.
import { parseArgs } from 'node:util';
import { type FaultName, faultNames } from './plan.ts';
import { type Plant, plants } from './plant.ts';

export const help = `Usage: npm run oracle -- [options]

Runs the connector under random faults, and checks that every event that got a 202 is delivered, dead-lettered, parked, in
the journal, or inside a retention gap that status shows; that nothing else arrives; and that the counters agree.

  --seed N         order of the faults: the same seed gives the same order       (random)
  --minutes N      time of faults and senders; 0: none, only a few events        (30)
  --only A,B       only these faults: ${faultNames.join(', ')}
  --plant FAULT    plant a fault after the run, which the oracle must report:
                   ${Object.keys(plants).join(', ')}
  --json           print the result as JSON
  --help

Progress goes to standard error. With findings the directory of the run is kept: its data, connector.log and output files.

Exit: 0 nothing found, 1 findings, 64 the command line is wrong, 70 the oracle itself failed.`;

export interface Options {
  readonly seed: number;
  readonly minutes: number;
  readonly only: readonly FaultName[];
  readonly plant: Plant | undefined;
  readonly json: boolean;
}

/** A wrong command line; the message says what is expected. */
export class UsageError extends Error {}

const definitions = {
  seed: { type: 'string' },
  minutes: { type: 'string', default: '30' },
  only: { type: 'string', default: faultNames.join(',') },
  plant: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Throws a UsageError. */
export function parseOptions(args: readonly string[], newSeed: () => number): Options | 'help' {
  const values = parsed(args);
  if (values.help) return 'help';
  const seed = values.seed === undefined ? newSeed() : Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new UsageError(`--seed: expected a whole number, not ${values.seed}`);
  const minutes = Number(values.minutes);
  if (!(minutes >= 0 && minutes <= 10_000)) {
    throw new UsageError(`--minutes: expected a number from 0 to 10000, not ${values.minutes}`);
  }
  return { seed, minutes, only: onlyOf(values.only), plant: plantOf(values.plant), json: values.json };
}

function onlyOf(text: string): readonly FaultName[] {
  return text.split(',').map((name) => {
    const found = faultNames.find((known) => known === name);
    if (found === undefined) throw new UsageError(`--only: expected some of ${faultNames.join(', ')}, not ${name}`);
    return found;
  });
}

function plantOf(text: string | undefined): Plant | undefined {
  const found = plantNames.find((name) => name === text);
  if (found === undefined && text !== undefined) {
    throw new UsageError(`--plant: expected ${plantNames.join(', ')}, not ${text}`);
  }
  return found;
}

export const plantNames = Object.keys(plants).filter((name): name is Plant => Object.hasOwn(plants, name));

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: definitions, strict: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
