import { expect, it } from 'vitest';
import { createScenario, type ScenarioName, scenarioNames, scenarioSpanMs } from './scenarios.ts';

const startTimeMs = Date.parse('2026-11-30T05:00:00Z');

function scenarioOf(name: ScenarioName, seed = 1) {
  const { bodies, truth } = createScenario(name, { seed, startTimeMs, casing: 'camel', batch: 5 });
  const elements = bodies.flatMap(({ body }) => [JSON.parse(body.toString())].flat());
  return { bodies, truth, elements };
}

const hexOf = (mac: unknown) =>
  String(mac)
    .replaceAll(/[^0-9A-Fa-f]/g, '')
    .toLowerCase();

it.each(scenarioNames)('%s: the same seed makes the same bodies, within the span', (name) => {
  const { bodies, truth, elements } = scenarioOf(name);
  expect(scenarioOf(name).bodies).toEqual(bodies);
  expect(scenarioOf(name, 2).bodies).not.toEqual(bodies);
  expect(bodies.reduce((sum, { events }) => sum + events, 0)).toBe(truth['events']);
  const times = elements.map(({ authDate, timeStamp, startTime }) => authDate ?? timeStamp ?? startTime);
  expect(times.every((time) => time % 1000 === 0 && time >= startTimeMs && time < startTimeMs + scenarioSpanMs)).toBe(
    true,
  );
});

it('brute-force: rejects of one client in one second, that differ in their ids only', () => {
  const { truth, elements } = scenarioOf('brute-force');
  const attack = elements.filter(({ callingStationId }) => hexOf(callingStationId) === truth['clientMac']);
  expect(attack).toHaveLength(12);
  expect(new Set(attack.map(({ id }) => id)).size).toBe(12);
  expect(new Set(attack.map((element) => JSON.stringify({ ...element, id: '' }))).size).toBe(1);
  expect(attack[0]).toMatchObject({ reply: 'Access-Reject', userName: truth['userName'] });
  expect(attack[0]).not.toHaveProperty('timeStamp');
  expect(elements.length - attack.length).toBe(3);
});

it('spray: one client tries many users', () => {
  const { truth, elements } = scenarioOf('spray');
  const attack = elements.filter(({ callingStationId }) => hexOf(callingStationId) === truth['clientMac']);
  expect(attack).toHaveLength(40);
  expect(new Set(attack.map(({ userName }) => userName)).size).toBe(truth['users']);
  expect(attack.every(({ reply }) => reply === 'Access-Reject')).toBe(true);
});

it('rejects-then-accept: the accept is the last', () => {
  const { truth, elements } = scenarioOf('rejects-then-accept');
  const replies = elements.filter(({ userName }) => userName === truth['userName']).map(({ reply }) => reply);
  expect(replies).toEqual([...Array(9).fill('Access-Reject'), 'Access-Accept']);
});

it('ppsk: an administrator creates users and deletes all of them', () => {
  const { truth, elements } = scenarioOf('ppsk');
  const own = elements.filter(({ userName }) => userName === truth['admin']);
  const users = (code: number) =>
    own.filter((element) => element.code === code).map(({ description }) => description.split(' ').at(-1));
  expect([users(40_001).length, users(40_002).length, users(40_003).length]).toEqual([12, 3, 12]);
  expect(users(40_003)).toEqual(users(40_001));
});

it('gdpr: one administrator exports the data of a client and then deletes them', () => {
  const { truth, elements } = scenarioOf('gdpr');
  const completed = elements.filter(({ status }) => status === 'Completed');
  const erased = completed.filter(({ category }) => category === 'Delete client data');
  expect(erased.map(({ admin, mac }) => [admin, hexOf(mac)])).toEqual([[truth['admin'], truth['clientMac']]]);
  const own = completed.filter(({ admin }) => admin === truth['admin']).map(({ category }) => category);
  expect(own).toEqual(['Download client data', 'Delete client data']);
});

it('has other people in every scenario', () => {
  const people = scenarioNames.flatMap((name) => {
    const { admin, clientMac = '' } = scenarioOf(name).truth;
    return [admin ?? clientMac];
  });
  expect(new Set(people).size).toBe(scenarioNames.length);
});
