// Finds the tools for building and running servers, or reports which one is missing and how to set it.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { TestbedError } from './testbed-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface JdkRange {
  /** What needs it, for the message. */
  readonly for: string;
  readonly atLeast: number;
  readonly atMost?: number;
}

const usualPlaces = ['/usr/lib/jvm', '/usr/java', '/opt', '/opt/java', '/Library/Java/JavaVirtualMachines'];

/** The folder of the first JDK in range of ES_JDK, JAVA_HOME, the usual places and PATH. @throws TestbedError */
export function findJdk(range: JdkRange, environment: Environment, places: readonly string[] = usualPlaces): string {
  const { ES_JDK, JAVA_HOME, HOME = '', PATH = '' } = environment;
  const installed = [...places, join(HOME, '.sdkman/candidates/java'), join(HOME, '.jdks')].flatMap(subfolders);
  const candidates = [ES_JDK, JAVA_HOME, ...installed, jdkOfPath(PATH)].flatMap((path) => (path ? [path] : []));
  const seen = new Map<string, number>();
  for (const candidate of candidates) {
    const home = existsSync(join(candidate, 'Contents/Home')) ? join(candidate, 'Contents/Home') : candidate;
    const version = jdkVersion(home);
    if (version === undefined) continue;
    if (version >= range.atLeast && version <= (range.atMost ?? Infinity)) return home;
    seen.set(home, version);
  }
  const wanted =
    range.atMost === undefined ? `version ${range.atLeast} or newer` : versions(range.atLeast, range.atMost);
  const found = [...seen].map(([path, version]) => `${version} in ${path}`).join(', ') || 'none';
  throw new TestbedError(
    `${range.for} needs a JDK of ${wanted}; found: ${found}. Install one, or set ES_JDK or JAVA_HOME to its folder.`,
  );
}

const versions = (from: number, to: number): string =>
  from === to ? `version ${from}` : `a version from ${from} to ${to}`;

function subfolders(path: string): readonly string[] {
  return existsSync(path)
    ? readdirSync(path)
        .sort()
        .map((entry) => join(path, entry))
    : [];
}

/** The major version of a JDK with a compiler; undefined where the folder has none. */
function jdkVersion(home: string): number | undefined {
  const release = join(home, 'release');
  if (!existsSync(join(home, 'bin/javac')) || !existsSync(release)) return undefined;
  const [, major] = /^JAVA_VERSION="(?:1\.)?(\d+)/m.exec(readFileSync(release, 'utf8')) ?? [];
  return major === undefined ? undefined : Number(major);
}

function jdkOfPath(path: string): string | undefined {
  const compiler = onPath('javac', path);
  return compiler === undefined ? undefined : dirname(dirname(realpathSync(compiler)));
}

function onPath(program: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
}

/** The Go command: GO, else the one on PATH. @throws TestbedError where it is missing or older than `atLeast`. */
export function findGo(purpose: string, atLeast: string, environment: Environment): string {
  const go = environment['GO'] || onPath('go', environment['PATH'] ?? '');
  const help = `Install Go ${atLeast} or newer, or set GO to its command.`;
  if (go === undefined) throw new TestbedError(`${purpose} needs Go for its build, but go is not on PATH. ${help}`);
  const version = goVersion(go);
  if (version === undefined)
    throw new TestbedError(`${purpose} needs Go for its build, but ${go} does not run. ${help}`);
  if (version.localeCompare(atLeast, 'en', { numeric: true }) >= 0) return go;
  throw new TestbedError(`${purpose} needs Go ${atLeast} for its build; ${go} is ${version}. ${help}`);
}

function goVersion(go: string): string | undefined {
  try {
    const printed = execFileSync(go, ['version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return /go(\d+(?:\.\d+)+)/.exec(printed)?.[1];
  } catch {
    return undefined;
  }
}

/** The Maven command: MVN, else the one on PATH. @throws TestbedError */
export function findMaven(purpose: string, environment: Environment): string {
  const mvn = environment['MVN'] || onPath('mvn', environment['PATH'] ?? '');
  if (mvn !== undefined && existsSync(mvn)) return mvn;
  const found = mvn === undefined ? 'mvn is not on PATH' : `MVN is ${mvn}, which does not exist`;
  throw new TestbedError(`${purpose} needs Maven for its build, but ${found}. Install it, or set MVN to its command.`);
}
