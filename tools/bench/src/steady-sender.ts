// Sends at a steady rate over keep-alive connections, whether or not responses are received, and measures by phase.
import { connect, type Socket } from 'node:net';

export interface SteadyOptions {
  readonly port: number;
  readonly path: string;
  /** Requests per second. */
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
  /** By HTTP status, or by the error of the connection. */
  readonly responses: Readonly<Record<string, number>>;
  /** From when a request was due until its response. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface Measured {
  readonly phases: readonly PhaseResult[];
  /** More than the number of connections where the server closed some. */
  readonly connectionsOpened: number;
}

export interface SteadySender {
  /** Resolves when no request with other secrets is in flight. */
  use(secrets: readonly string[]): Promise<void>;
  phase(name: string): void;
  /** Resolves when every due request has its response. */
  end(): Promise<Measured>;
}

interface Phase {
  readonly name: string;
  readonly fromMs: number;
  due: number;
  readonly responses: Record<string, number>;
  readonly times: number[];
}

interface Due {
  readonly atMs: number;
  readonly number: number;
  readonly phase: Phase;
}

/** One of the connections, open or not. */
interface Line {
  socket: Socket | undefined;
  inFlight: Due | undefined;
  pending: string;
}

const tickMs = 1;

export function createSteadySender({ port, path, rate, connections, bodyBytes, ...rest }: SteadyOptions): SteadySender {
  let { secrets } = rest;
  let opened = 0;
  let number = 0;
  const queue: Due[] = [];
  const lines: readonly Line[] = Array.from({ length: connections }, () => ({
    ...{ socket: undefined, inFlight: undefined, pending: '' },
  }));
  const idle = [...lines];
  const waits: { readonly for: Set<Due>; readonly resolve: () => void }[] = [];
  const startedMs = performance.now();
  const newPhase = (name: string): Phase => ({ name, fromMs: performance.now(), due: 0, responses: {}, times: [] });
  const phases = [newPhase('first')];
  let phase = phases[0] ?? newPhase('first');
  let backlogRates: (() => void) | undefined;

  function settle(line: Line, response: string): void {
    const due = line.inFlight;
    if (due === undefined) return;
    line.inFlight = undefined;
    due.phase.responses[response] = (due.phase.responses[response] ?? 0) + 1;
    due.phase.times.push(performance.now() - due.atMs);
    idle.push(line);
    for (const wait of waits) if (wait.for.delete(due) && wait.for.size === 0) wait.resolve();
    dispatch();
  }

  /** Resolves when every request now in flight has its response. */
  function inFlightSettled(): Promise<void> {
    const inFlight = new Set(lines.flatMap((line) => line.inFlight ?? []));
    return new Promise((resolve) => {
      if (inFlight.size === 0) resolve();
      else waits.push({ for: inFlight, resolve });
    });
  }

  function open(line: Line): Socket {
    opened += 1;
    line.pending = '';
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const onLost = (reason: string): void => {
      if (line.socket !== socket) return;
      line.socket = undefined;
      settle(line, reason);
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
    socket.on('error', (cause: NodeJS.ErrnoException) => onLost(cause.code ?? cause.message));
    socket.on('close', () => onLost('closed'));
    return socket;
  }

  function send(line: Line, due: Due): void {
    line.inFlight = due;
    line.socket ??= open(line);
    const body = bodyOf(due.number, bodyBytes);
    const secret = secrets[due.number % secrets.length] ?? '';
    line.socket.write(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${secret}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  }

  function dispatch(): void {
    for (let due = queue[0]; due !== undefined && idle.length > 0; due = queue[0]) {
      queue.shift();
      const line = idle.shift();
      if (line !== undefined) send(line, due);
    }
    if (queue.length === 0 && idle.length === connections) backlogRates?.();
  }

  const timer = setInterval(() => {
    const wanted = Math.floor(((performance.now() - startedMs) * rate) / 1000);
    for (; number < wanted; number += 1) {
      phase.due += 1;
      queue.push({ number, phase, atMs: startedMs + ((number + 1) * 1000) / rate });
    }
    dispatch();
  }, tickMs);

  return {
    use(next) {
      secrets = next;
      return inFlightSettled();
    },
    phase(name) {
      phase = newPhase(name);
      phases.push(phase);
    },
    async end() {
      clearInterval(timer);
      const endedMs = performance.now();
      await new Promise<void>((resolve) => {
        backlogRates = resolve;
        dispatch();
      });
      const results = phases.map((one, index) => resultOf(one, phases[index + 1]?.fromMs ?? endedMs));
      return { phases: results, connectionsOpened: opened };
    },
  };
}

/** An audit event that is unique for `number`, padded to `bytes` of ASCII. */
function bodyOf(number: number, bytes: number): string {
  const text = `{"ownerId":1091,"orgId":0,"timeStamp":${1_636_337_187_553 + number},"id":null,"userId":6553,"code":10001,"category":1,"description":"steady ${number} `;
  return `${text.padEnd(bytes - 2, 'x')}"}`;
}

function resultOf({ name, fromMs, due, responses, times }: Phase, untilMs: number): PhaseResult {
  times.sort((a, b) => a - b);
  const at = (share: number): number =>
    Number((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(2));
  const seconds = Number(((untilMs - fromMs) / 1000).toFixed(2));
  return { name, seconds, due, responses, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}
