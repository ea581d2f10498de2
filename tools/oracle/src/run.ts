// One run: starts destinations, connector and senders, carries out the plan, and checks everything again and again.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '@xiq-siem/simulator';
import { type Checked, checkEverything } from './checkpoint.ts';
import { openClock } from './clock.ts';
import { createConnector } from './connector.ts';
import { openArchive } from './destinations/archive.ts';
import { startElastic } from './destinations/elastic.ts';
import { startHecCluster } from './destinations/hec.ts';
import { startOtlp } from './destinations/otlp.ts';
import { createFaults, type World } from './faults.ts';
import { createFindings, type Finding, type FindingGroup } from './findings.ts';
import { createLedger } from './ledger.ts';
import type { Options } from './options.ts';
import { checkEvery, planOf, textOf } from './plan.ts';
import { plantFault } from './plant.ts';
import { type Senders, startSenders } from './senders.ts';

export interface Result {
  readonly seed: number;
  readonly seconds: number;
  readonly directory: string;
  readonly steps: readonly string[];
  readonly skipped: readonly string[];
  /** Number of answers to senders, by status or error code. */
  readonly answers: Readonly<Record<string, number>>;
  /** Events of a 202 response. */
  readonly owed: number;
  /** Of the last check. */
  readonly where: Checked['where'];
  readonly findings: readonly FindingGroup[];
}

const secret = 'oracle-secret-4711';
const mebibyte = 1024 ** 2;

/** `say` gets progress lines. The directory is kept if there are findings. */
export async function runOracle(options: Options, say: (line: string) => void): Promise<Result> {
  const { seed, minutes, only, plant } = options;
  const directory = mkdtempSync(join(tmpdir(), 'xiq-oracle-'));
  const startedMs = performance.now();
  const elapsed = (): number => (performance.now() - startedMs) / 1000;
  const findings = createFindings();
  const steps: string[] = [];
  const report = (finding: Finding): void => {
    if (findings.add(finding)) say(`FINDING ${finding.kind} ${finding.destination ?? ''} ${finding.text}`);
  };

  const ledger = createLedger();
  const [elastic, splunk, otel] = await Promise.all([startElastic(ledger), startHecCluster(), startOtlp()]);
  const destinations = { archive: openArchive(join(directory, 'out')), elastic, splunk, otel };
  const clock = openClock(join(directory, 'clock'));
  const connector = createConnector(
    directory,
    { ORACLE_SECRET: secret, ORACLE_HEC_TOKEN: secret, ...clock?.environment },
    (text) => report({ kind: 'crash', text }),
  );
  const world: World = {
    ...{ connector, clock, destinations, ledger, disturbances: [], reset: new Set(), report },
  };
  writeFileSync(join(directory, 'config.yaml'), JSON.stringify(configOf(world), undefined, 1));
  const faults = createFaults(world);
  const random = createRandom(seed + 1);
  const newSenders = () => startSenders({ senders: 8, secret, random, ledger, url: connector.url });
  let last: Checked | undefined;

  async function check(senders: Senders, atRest?: () => void): Promise<void> {
    faults.heal();
    await senders.stop();
    if (connector.url() === undefined) await connector.start();
    last = await checkEverything(world, atRest);
    for (const finding of last.findings) report(finding);
    say(`${elapsed().toFixed(1)} s checked in ${(last.drainedMs / 1000).toFixed(1)} s: ${JSON.stringify(last.where)}`);
  }

  try {
    await connector.start();
    let senders = newSenders();
    const plan = planOf(seed, only);
    while (elapsed() < minutes * 60) {
      const step = plan.next().value;
      steps.push(textOf(step));
      say(`${elapsed().toFixed(1)} s step ${steps.length}: ${textOf(step)}`);
      if (connector.url() === undefined) await connector.start();
      await faults.run(step, senders);
      await sleep(step.pauseMs);
      if (steps.length % checkEvery > 0) continue;
      await check(senders);
      senders = newSenders();
    }
    await sleep(2_000);
    await check(senders, plant && (() => plantFault(plant, otel, ledger)));
    if (!(await connector.stop('SIGTERM'))) report({ kind: 'stop', text: 'SIGTERM did not end the connector' });
  } finally {
    await connector.stop('SIGKILL');
    for (const { close } of Object.values(destinations)) close();
  }
  const groups = findings.groups();
  if (groups.length === 0) rmSync(directory, { recursive: true, force: true });
  return {
    ...{ seed, seconds: Math.round(elapsed()), directory, steps, findings: groups, where: last?.where ?? {} },
    skipped: clock === undefined ? ['clock steps: libfaketime is not installed (apt-get install libfaketime)'] : [],
    answers: Object.fromEntries(ledger.answers),
    owed: [...ledger.sent.values()].filter(({ receipts }) => receipts.length > 0).length,
  };
}

/** A small journal, so that it fills; YAML reads JSON. */
function configOf({ destinations }: World): object {
  const retry = { initialMs: 100, maxMs: 1_000 };
  return {
    server: { port: 0 },
    admin: { port: 0 },
    shutdownGraceMs: 2_000,
    journal: { maxBytes: 2 * mebibyte, segmentBytes: 65_536, minFreeBytes: 0, retainForHours: 1 },
    sources: { xiq: { type: 'xiq', secrets: [{ env: 'ORACLE_SECRET' }] } },
    destinations: Object.fromEntries(
      Object.values(destinations).map(({ name, config }) => [name, { ...config, retry }]),
    ),
  };
}
