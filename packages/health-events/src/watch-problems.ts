// Watches the problems of `status` that no other watcher reports.
import { type Problem, problemTable } from '@xiq-siem/admin-api';
import { type Check, type Watcher, watchStates } from './watch.ts';

/** Most problems that are reported at once. A journal may have very many. */
const maxProblems = 50;

const subjectOf = ({ subject: { kind, name } }: Problem): string => (name === undefined ? kind : `${kind} ${name}`);

/** Its end is reported from what was known at its start. */
export function watchProblems(): Watcher {
  let before: ReadonlyMap<string, Problem> = new Map();
  return watchStates(function* problems({ status }) {
    // One for each code and subject: the texts change, the problem is the same.
    const own = status.problems.filter(({ code }) => problemTable[code].healthEvent === 'problem-started');
    const now = new Map(own.slice(0, maxProblems).map((one) => [`${one.code} ${subjectOf(one)}`, one]));
    for (const [key, problem] of now) yield checkOf(key, problem, problem.code);
    for (const [key, problem] of before) if (!now.has(key)) yield checkOf(key, problem, 'ok');
    before = now;
  });
}

function checkOf(key: string, problem: Problem, state: string): Check {
  const { code, subject, text } = problem;
  const name = subject.kind === 'destination' ? { 'destination.name': subject.name } : {};
  const attributes = { ...name, source: subject.kind === 'source' ? subject.name : undefined };
  const action = state === 'ok' ? 'problem-ended' : 'problem-started';
  const details = state === 'ok' ? { attributes } : { reason: code, message: text, attributes };
  return { key, state, action, subject: subjectOf(problem), details };
}
