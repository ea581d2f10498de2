import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findGo, findJdk, findMaven } from './toolchain.ts';

const root = mkdtempSync(join(tmpdir(), 'toolchain-'));
afterAll(() => rmSync(root, { recursive: true }));

function file(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

function jdk(name: string, version: string): string {
  const home = join(root, name);
  file(join(home, 'bin/javac'), '');
  file(join(home, 'release'), `IMPLEMENTOR="x"\nJAVA_VERSION="${version}"\n`);
  return home;
}

const jdk8 = jdk('usual/8', '1.8.0_452');
const jdk17 = jdk('usual/17', '17.0.15');
const jdk25 = jdk('usual/25', '25');
const usual = [join(root, 'usual')];
file(join(root, 'runtime/bin/java'), '');
file(join(root, 'runtime/release'), 'JAVA_VERSION="25"');

it('uses the JDK of ES_JDK, then the one of JAVA_HOME, then the usual places', () => {
  const range = { for: 'It', atLeast: 8 };
  expect(findJdk(range, { ES_JDK: jdk25, JAVA_HOME: jdk17 }, usual)).toBe(jdk25);
  expect(findJdk(range, { JAVA_HOME: jdk17 }, usual)).toBe(jdk17);
  expect(findJdk({ for: 'It', atLeast: 18 }, {}, usual)).toBe(jdk25);
  expect(findJdk({ for: 'It', atLeast: 8, atMost: 8 }, {}, usual)).toBe(jdk8);
});

it('finds the JDK of the compiler on PATH, through links', () => {
  const bin = join(root, 'links');
  mkdirSync(bin);
  symlinkSync(join(jdk17, 'bin/javac'), join(bin, 'javac'));
  expect(findJdk({ for: 'It', atLeast: 17 }, { PATH: `/none:${bin}` }, [])).toBe(jdk17);
});

it('skips JDKs out of range or without compiler, and reports them with advice', () => {
  const environment = { ES_JDK: join(root, 'runtime'), JAVA_HOME: jdk25 };
  expect(findJdk({ for: 'It', atLeast: 17, atMost: 23 }, environment, usual)).toBe(jdk17);
  expect(() => findJdk({ for: 'Elasticsearch 8', atLeast: 18, atMost: 23 }, environment, usual)).toThrow(
    `Elasticsearch 8 needs a JDK of a version from 18 to 23; found: 25 in ${jdk25}, 17 in ${jdk17}, 8 in ${jdk8}. ` +
      'Install one, or set ES_JDK or JAVA_HOME to its folder.',
  );
  expect(() => findJdk({ for: 'It', atLeast: 21 }, {}, [])).toThrow('needs a JDK of version 21 or newer; found: none');
});

const goOf = (version: string): string =>
  file(join(root, `go-${version}`, 'go'), `#!/bin/sh\necho go version go${version} linux/amd64\n`);

it('uses the Go of GO, else the one on PATH, and rejects one that is too old', () => {
  const [old, exact, newer] = [goOf('1.9.7'), goOf('1.26.5'), goOf('1.100')];
  expect(findGo('It', '1.26.5', { GO: exact, PATH: dirname(old) })).toBe(exact);
  expect(findGo('It', '1.26.5', { PATH: dirname(newer) })).toBe(newer);
  expect(() => findGo('It', '1.26.5', { GO: old })).toThrow(/needs Go 1\.26\.5 for its build; .* is 1\.9\.7.*set GO/);
  expect(() => findGo('It', '1.26.5', { PATH: '/none' })).toThrow(/go is not on PATH.*set GO/);
  expect(() => findGo('It', '1.26.5', { GO: '/none/go' })).toThrow('/none/go does not run');
});

it('uses the Maven of MVN, else the one on PATH, or reports that there is none', () => {
  const mvn = file(join(root, 'maven/mvn'), '');
  expect(findMaven('It', { PATH: dirname(mvn) })).toBe(mvn);
  expect(() => findMaven('It', { PATH: '/none' })).toThrow(/mvn is not on PATH.*set MVN/);
  expect(() => findMaven('It', { MVN: '/none/mvn', PATH: dirname(mvn) })).toThrow('MVN is /none/mvn');
});
