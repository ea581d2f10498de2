// Sends at a steady rate over kept connections, whether or not answers come, and measures by phase.
import { connect, type Socket } from 'node:net';

export interface SteadyOptions {
  readonly port: number;
  readonly path: string;
  /** Requests a second. */
  readonly rate: number;
  readonly connections: number;
  /** Used in turn. */
  readonly secrets: readonly string[];
  readonly bodyBytes: number;
  onAccepted(receipt: string): void;
}

export interface PhaseResult {
  readonly name: string;
  readonly seconds: number;
  /** Requests that were due in it. */
  readonly due: number;
  /** By HTTP status, or by how the connection failed. */
  readonly answers: Readonly<Record<string, number>>;
  /** From when a request was due until it was answered. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface Measured {
  readonly phases: readonly PhaseResult[];
  /** Ever opened: more than there are means that some were closed on us. */
  readonly connectionsOpened: number;
}

export interface SteadySender {
  /** Resolves when nothing that was sent with others is under way any more. */
  use(secrets: readonly string[]): Promise<void>;
  phase(name: string): void;
  /** Resolves when what was due is answered. */
  end(): Promise<Measured>;
}

interface Phase {
  readonly name: string;
  readonly fromMs: number;
  due: number;
  readonly answers: Record<string, number>;
  readonly times: number[];
}

interface Due {
  readonly atMs: number;
  readonly number: number;
  readonly phase: Phase;
}

/** A connection, or the place for one. */
interface Line {
  socket: Socket | undefined;
  underWay: Due | undefined;
  pending: string;
}

const tickMs = 1;

export function createSteadySender({ port, path, rate, connections, bodyBytes, ...rest }: SteadyOptions): SteadySender {
  let { secrets } = rest;
  let opened = 0;
  let number = 0;
  const queue: Due[] = [];
  const lines: readonly Line[] = Array.from({ length: connections }, () => ({
    ...{ socket: undefined, underWay: undefined, pending: '' },
  }));
  const idle = [...lines];
  const waits: { readonly for: Set<Due>; readonly resolve: () => void }[] = [];
  const startedMs = performance.now();
  const newPhase = (name: string): Phase => ({ name, fromMs: performance.now(), due: 0, answers: {}, times: [] });
  const phases = [newPhase('first')];
  let phase = phases[0] ?? newPhase('first');
  let drained: (() => void) | undefined;

  function settle(line: Line, answer: string): void {
    const due = line.underWay;
    if (due === undefined) return;
    line.underWay = undefined;
    due.phase.answers[answer] = (due.phase.answers[answer] ?? 0) + 1;
    due.phase.times.push(performance.now() - due.atMs);
    idle.push(line);
    for (const wait of waits) if (wait.for.delete(due) && wait.for.size === 0) wait.resolve();
    pump();
  }

  /** Resolves when all that is under way now is answered. */
  function answered(): Promise<void> {
    const underWay = new Set(lines.flatMap((line) => line.underWay ?? []));
    return new Promise((resolve) => {
      if (underWay.size === 0) resolve();
      else waits.push({ for: underWay, resolve });
    });
  }

  function open(line: Line): Socket {
    opened += 1;
    line.pending = '';
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const lose = (why: string): void => {
      if (line.socket !== socket) return;
      line.socket = undefined;
      settle(line, why);
    };
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      line.pending += chunk;
      const head = line.pending.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(line.pending)?.[1] ?? 0);
      if (head < 0 || line.pending.length < head + 4 + length) return;
      const status = line.pending.slice(9, 12);
      const receipt = /"receipt":"([^"]+)"/.exec(line.pending)?.[1];
      if (status === '202' && receipt !== undefined) rest.onAccepted(receipt);
      line.pending = '';
      settle(line, status);
    });
    socket.on('error', (cause: NodeJS.ErrnoException) => lose(cause.code ?? cause.message));
    socket.on('close', () => lose('closed'));
    return socket;
  }

  function send(line: Line, due: Due): void {
    line.underWay = due;
    line.socket ??= open(line);
    const body = bodyOf(due.number, bodyBytes);
    const secret = secrets[due.number % secrets.length] ?? '';
    line.socket.write(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${secret}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  }

  function pump(): void {
    for (let due = queue[0]; due !== undefined && idle.length > 0; due = queue[0]) {
      queue.shift();
      const line = idle.shift();
      if (line !== undefined) send(line, due);
    }
    if (queue.length === 0 && idle.length === connections) drained?.();
  }

  const timer = setInterval(() => {
    const wanted = Math.floor(((performance.now() - startedMs) * rate) / 1000);
    for (; number < wanted; number += 1) {
      phase.due += 1;
      queue.push({ number, phase, atMs: startedMs + ((number + 1) * 1000) / rate });
    }
    pump();
  }, tickMs);

  return {
    use(next) {
      secrets = next;
      return answered();
    },
    phase(name) {
      phase = newPhase(name);
      phases.push(phase);
    },
    async end() {
      clearInterval(timer);
      const endedMs = performance.now();
      await new Promise<void>((resolve) => {
        drained = resolve;
        pump();
      });
      const results = phases.map((one, index) => resultOf(one, phases[index + 1]?.fromMs ?? endedMs));
      return { phases: results, connectionsOpened: opened };
    },
  };
}

/** An audit event unlike that of any other number, padded to so many bytes of ASCII. */
function bodyOf(number: number, bytes: number): string {
  const text = `{"ownerId":1091,"orgId":0,"timeStamp":${1_636_337_187_553 + number},"id":null,"userId":6553,"code":10001,"category":1,"description":"steady ${number} `;
  return `${text.padEnd(bytes - 2, 'x')}"}`;
}

function resultOf({ name, fromMs, due, answers, times }: Phase, untilMs: number): PhaseResult {
  times.sort((a, b) => a - b);
  const at = (share: number): number =>
    Number((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(2));
  const seconds = Number(((untilMs - fromMs) / 1000).toFixed(2));
  return { name, seconds, due, answers, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}
